#!/bin/sh
# objects.sh - the hot path doesn't know jansson or stdio: objects of emitted C refer to neither.
set -eu
export LC_ALL=C
cd "${builddir:-.}"
found=false
status=0
for o in pipelines/*.o; do
    [ -f "$o" ] || continue
    found=true
    bad=$(nm -u "$o" | awk '$2 ~ /^(json_|jansson|(__)?v?[fs]?n?printf|malloc|calloc|realloc|free|curl_|lws_|pthread_)/ {print $2}')
    if [ -n "$bad" ]; then
        echo "$o refers to:" $bad
        status=1
    fi
done
if ! $found; then
    echo "SKIPPED: no pipeline was built here"
    exit 77
fi
exit $status
