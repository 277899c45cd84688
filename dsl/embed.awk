# embed.awk - dsl/*.flow as C: awk -f embed.awk FILE... > embedded.c. POSIX awk, C locale (LC_ALL=C).
# One string piece per line of the module; bytes outside ASCII are UTF-8 and go through as they are.

BEGIN {
    print "/* Made by dsl/embed.awk from the modules of dsl. */"
    print "#include \"text/embedded.h\"\n"
    n = 0
}

FNR == 1 {
    if (n)
        print "    ;\n"
    name = FILENAME
    sub(/.*\//, "", name)
    sub(/\.flow$/, "", name)
    names[++n] = name
    print "static const char module_" n "[] ="
}

{
    gsub(/\\/, "&&")
    gsub(/["?]/, "\\\\&")
    print "    \"" $0 "\\n\""
}

END {
    if (n)
        print "    ;\n"
    print "const struct fc_embedded fc_embedded_modules[] = {"
    for (i = 1; i <= n; i++)
        print "    {\"" names[i] "\", module_" i ", sizeof module_" i " - 1},"
    print "    {0, 0, 0},"
    print "};"
}
