/*
 * parse.y - tokens to a tree. The grammar is docs/language.md's; LALR(1), no conflicts.
 *
 * Rules build nodes and do nothing else. AGGREGATE is parsed and checked for syntax, but
 * only its span and name are kept: this version refuses it later.
 *
 * Recovery: every list of things that end in `;` or a block takes `error ';'` and `error SKIPPED` (a whole block
 * that tokens.c skipped) as an element, and `error '}'` as its end. Heights are limited on the way up (`high`), open
 * brackets in tokens.c, so neither this parser's stack nor a recursive walker can overflow.
 */
%code requires {
#include "syntax/lexer.h"
}

%code provides {
/* tokens.c */
int fc_yylex(FC_YYSTYPE *value, FC_YYLTYPE *span, struct fc_parser *ps);
/* lex.l */
int fc_rawlex(FC_YYSTYPE *value, FC_YYLTYPE *span, void *scanner);
}

%code {
#include <string.h>

#include "tree/make.h"
#include "syntax/make.h"

static void fc_yyerror(const struct fc_span *span, struct fc_parser *ps, const char *message);
}

%define api.pure full
%define api.prefix {fc_yy}
%define api.location.type {struct fc_span}
%define parse.error custom
%define parse.lac full
%locations
%param {struct fc_parser *ps}
%expect 0
%initial-action { @$ = (struct fc_span){ps->file, 0, 0}; }

%union {
    struct fc_text str;
    struct fc_number number;
    struct fc_name name;
    struct fc_as as;
    struct { enum fc_op op; struct fc_span span; } op;
    enum fc_step_kind step;
    bool flag;
    struct { struct fc_stmt *s; unsigned n; } chain;
    struct fc_terms terms;
    struct fc_expr *expr;
    struct fc_exprs exprs;
    struct fc_texpr *type;
    struct fc_types types;
    struct fc_decl *decl;
    struct fc_decls decls;
    struct fc_enumerator *enumerator;
    struct fc_enumerators enumerators;
    struct fc_arm *arm;
    struct fc_arms arms;
    struct fc_pattern *pattern;
    struct fc_patterns patterns;
    struct fc_field *field;
    struct fc_fields fields;
    struct fc_row row;
    struct fc_stmt *stmt;
    struct fc_stmts stmts;
    struct fc_rule *rule;
    struct fc_rules rules;
    struct fc_absent *mangle;
    struct fc_absents mangles;
    struct fc_stage *stage;
    struct fc_option *option;
    struct fc_options options;
    struct fc_part *part;
    struct fc_parts parts;
    enum fc_meter_kind meter_kind;
    struct fc_meter *meter;
    struct fc_meters meters;
    struct fc_serie *serie;
    struct fc_series series;
    struct fc_output_part *output;
    struct fc_outputs outputs;
    struct fc_check *check;
    struct fc_checks checks;
    struct fc_item *item;
    struct fc_items items;
    struct fc_case *one_case;
    struct fc_cases cases;
}

%token END 0 "end of file"
%token SKIPPED "skipped block" /* made by tokens.c while the parser recovers */
%token JSON_CLOSE "} of JSON" /* so that recovery doesn't take it for the end of a block */
%token EQ "==" NE "!=" LE "<=" GE ">=" ARROW "=>" COALESCE "??" SPREAD "..." UNDERSCORE "_"
%token TEMPLATE_BEGIN "template" TEMPLATE_END "end of template" TEMPLATE_OPEN "{ in template" TEMPLATE_CLOSE "} in template"
%token <str> TEMPLATE_TEXT "template text"
%token <str> NAME "name" STRING "string" ADDRESS "address"
%token <number> INTEGER "number" FLOAT "fraction" DURATION "duration" SIZE "size"

%token <str>
  AND "and" OR "or" NOT "not" IN "in" MATCHES "matches" HAS "has" MATCH "match" NEW "new" TRUE "true"
  FALSE "false" NUL "null" IF "if" ELSE "else" LET "let" RETURN "return" DROP "drop" KEEP "keep"
  EMIT "emit" FORGET "forget" WHEN "when" OTHERWISE "otherwise" AS "as" FROM "from"
  PIPELINE "pipeline" VERSION "version" USE "use" INCLUDE "include" SCHEMA "schema" ENUM "enum"
  RECORD "record" PARAM "param" CONST "const" FUNCTION "function" TABLE "table" LOOKUP "lookup"
  SOURCE "source" CLASSIFY "classify" FILTER "filter" UPDATE "update" TRANSFORM "transform"
  MANGLE "mangle" JOIN "join" AGGREGATE "aggregate" SELECT "select" OUTPUT "output" TEST "test"
  EACH "each" ABSENT "absent" YAML "yaml" EXPIRE "expire" MAX "max" CACHE "cache" BY "by" WITHIN "within"
  EVERY "every" TOP "top" BOTH "both" ALONE "alone" STOREHEADER "storeheader" STORE "store"
  ENCODE "encode" COMPRESS "compress" ACCOUNT "account" WRITE "write" METRICS "metrics" LABELS "labels"
  GAUGE "gauge" COUNTER "counter" GIVEN "given" EXPECT "expect" AT "at" DROPPED "dropped" OBJECT "object"
  OVER "over" OF "of" LATE "late" HAVING "having" ONE "one" SECRET "secret" RELOAD "reload"
  TIMEOUT "timeout" REJECT "reject" REFUSED "refused" STATE "state" DECODE "decode" DECOMPRESS "decompress" PARTITION "partition"
  QUEUE "queue" WHERE "where" ALLOW "allow" WITHOUT "without" KEY "key" VALUE "value" HISTOGRAM "histogram" BUCKETS "buckets" THE_END "end"

%type <str> word reserved version_opt yaml_opt
%type <name> name anyname name_opt row_name
%type <as> as_opt
%type <flag> opt at_end
%type <op> compare
%type <step> step
%type <type> type base
%type <types> types
%type <decl> decl param
%type <decls> decls decl_block params param_list
%type <enumerator> enumerator
%type <enumerators> enumerators enumerator_block
%type <terms> ors ands
%type <expr> expr logic negation comparison coalesce sum product unary postfix primary literal template query target path
%type <expr> default_opt timeout_opt one_opt expire_opt max_opt when_opt late_opt buckets_opt
%type <exprs> args exprs parts conditions condition_block without_opt paths
%type <arm> arm
%type <arms> arms arm_block
%type <pattern> pattern
%type <patterns> patterns
%type <field> field
%type <fields> fields field_block
%type <row> rows row_block
%type <expr> test_row
%type <exprs> test_rows
%type <stmt> let statement
%type <stmts> lets statements block
%type <chain> if
%type <rule> leg class rule
%type <rules> legs leg_block classes class_block rules rule_block
%type <mangle> mangle
%type <mangles> mangles mangle_block
%type <stage> stage filter transform aggregate
%type <option> option
%type <options> options option_list
%type <part> part label
%type <parts> parts_list label_list label_block label_items by_labels_opt
%type <meter_kind> meter_kind
%type <meter> meter
%type <meters> meters meter_block
%type <serie> serie
%type <series> series
%type <output> output
%type <outputs> outputs output_block
%type <check> check
%type <checks> checks check_block
%type <item> item entry
%type <items> entries
%type <one_case> case case_of other part_case
%type <cases> cases part_cases

%%

file: %empty | file item { FC_APPEND(ps->items, $item); };

close: '}' | error '}' { GOOD; };

item: entry | error ';' { GOOD; $$ = NULL; } | error '}' { GOOD; $$ = NULL; } | error SKIPPED { GOOD; $$ = NULL; };
entry: PIPELINE name STRING version_opt ';' {
          $$ = fc_item_new(ps, FC_I_PIPELINE, @$, $name);
          $$->text = fc_plain(ps, $STRING, @STRING);
          $$->text_span = @STRING;
          $$->version = $version_opt.s;
      }
    | USE name ';' { $$ = fc_item_new(ps, FC_I_USE, @$, $name); }
    | INCLUDE STRING ';' {
          $$ = fc_item_new(ps, FC_I_INCLUDE, @$, fc_no_name);
          $$->text = fc_plain(ps, $STRING, @STRING);
          $$->text_span = @STRING;
      }
    | ENUM name enumerator_block { $$ = fc_item_new(ps, FC_I_ENUM, @$, $name); $$->enumerators = $3.first; }
    | ENUM name ':' name[base] enumerator_block {
          $$ = fc_item_new(ps, FC_I_ENUM, @$, $2);
          $$->base = $base;
          $$->enumerators = $5.first;
      }
    | RECORD name decl_block { $$ = fc_item_new(ps, FC_I_RECORD, @$, $name); $$->decls = $3.first; }
    | SCHEMA name decl_block { $$ = fc_item_new(ps, FC_I_SCHEMA, @$, $name); $$->decls = $3.first; }
    | CONST name '=' expr ';' { $$ = fc_item_new(ps, FC_I_CONST, @$, $name); $$->value = $expr; }
    | PARAM name ':' type default_opt yaml_opt one_opt ';' {
          $$ = fc_item_param(ps, @$, $name, $type, $yaml_opt, @yaml_opt, $one_opt);
          $$->value = $default_opt;
      }
    | PARAM name ':' type '=' json_object yaml_opt one_opt ';' {
          $$ = fc_item_param(ps, @$, $name, $type, $yaml_opt, @yaml_opt, $one_opt);
          $$->json = fc_json_text(ps, @json_object);
      }
    | PARAM name ':' type SECRET name[how] STRING ';' {
          $$ = fc_item_new(ps, FC_I_PARAM, @$, $2);
          $$->type = $type;
          $$->secret = $how;
          $$->secret_arg = fc_plain(ps, $STRING, @STRING);
      }
    | REJECT options { $$ = fc_item_new(ps, FC_I_REJECT, @$, fc_no_name); $$->options = $options.first; }
    | REFUSED options { $$ = fc_item_new(ps, FC_I_REFUSED, @$, fc_no_name); $$->options = $options.first; }
    | STATE options { $$ = fc_item_new(ps, FC_I_STATE, @$, fc_no_name); $$->options = $options.first; }
    | let { $$ = fc_item_new(ps, FC_I_LET, @$, $let->name); $$->value = $let->value; }
    | FUNCTION name '(' params ')' ':' type '=' expr ';' {
          $$ = fc_item_new(ps, FC_I_FUNCTION, @$, $name);
          $$->decls = $params.first;
          $$->type = $type;
          $$->value = $expr;
      }
    | FUNCTION name '(' params ')' ':' type '{' lets RETURN expr ';' close {
          $$ = fc_item_new(ps, FC_I_FUNCTION, @$, $name);
          $$->decls = $params.first;
          $$->type = $type;
          $$->lets = $lets.first;
          $$->value = $expr;
      }
    | TABLE name '[' types ']' ':' type EXPIRE expr[expire] MAX expr[max] ';' {
          $$ = fc_item_new(ps, FC_I_TABLE, @$, $name);
          $$->keys = $types.first;
          $$->type = $type;
          $$->expire = $expire;
          $$->max = $max;
      }
    | TABLE name '[' types ']' ':' type FROM name[from] STRING row_block RELOAD expr expire_opt max_opt when_opt ';' {
          $$ = fc_item_new(ps, FC_I_TABLE, @$, $2);
          $$->keys = $types.first;
          $$->type = $type;
          $$->from = $from;
          $$->query = fc_expr_string(ps, $STRING, @STRING);
          $$->row_keys = $row_block.keys;
          $$->value = $row_block.value;
          $$->fields = $row_block.fields.first;
          $$->reload = $expr;
          $$->expire = $expire_opt;
          $$->max = $max_opt;
          $$->when = $when_opt;
      }
    | LOOKUP name '(' params ')' ':' type CACHE expr[cache] MAX expr[max] timeout_opt FROM name[from] query field_block {
          $$ = fc_item_new(ps, FC_I_LOOKUP, @$, $2);
          $$->decls = $params.first;
          $$->type = $type;
          $$->cache = $cache;
          $$->max = $max;
          $$->timeout = $timeout_opt;
          $$->from = $from;
          $$->query = $query;
          $$->fields = $field_block.first;
      }
    | SOURCE name options { $$ = fc_item_new(ps, FC_I_SOURCE, @$, $name); $$->options = $options.first; }
    | stage { $$ = fc_item_new(ps, FC_I_STAGE, @$, $stage->name); $$->stage = $stage; }
    | OUTPUT name_opt output_block { $$ = fc_item_new(ps, FC_I_OUTPUT, @$, $name_opt); $$->outputs = $3.first; }
    | TEST STRING check_block {
          $$ = fc_item_new(ps, FC_I_TEST, @$, fc_no_name);
          $$->text = fc_plain(ps, $STRING, @STRING);
          $$->text_span = @STRING;
          $$->checks = $3.first;
      }
    | SELECT name '{' cases close { $$ = fc_item_select(ps, @$, fc_span_join(@1, @2), $name, $cases.first); }
    | ALLOW name ';' entry[it] { fc_allow(ps, $name, @it); $$ = $it; }
    ;
cases: case { $$ = (struct fc_cases){$1, $1}; } | cases case { $$ = $1; FC_APPEND($$, $2); };
case: case_of '{' entries close { $$ = $1; $$->span = @$; $$->items = $entries.first; }
    | error SKIPPED { GOOD; $$ = NULL; };
case_of: patterns { NEWNODE(case, x, @$); x->head = @$; x->values = $1.first; $$ = x; } | other | patterns ',' other { $$ = $3; $$->head = @$; $$->values = $1.first; };
other: OTHERWISE { NEWNODE(case, x, @$); x->head = @$; x->otherwise = true; $$ = x; };
entries: %empty { $$ = (struct fc_items){0}; } | entries entry { $$ = $1; FC_APPEND($$, $2); }
    | entries error ';' { GOOD; $$ = $1; } | entries error SKIPPED { GOOD; $$ = $1; };
query: STRING { $$ = fc_expr_string(ps, $1, @1); } | template;
types: type { $$ = (struct fc_types){$1, $1}; } | types ',' type { $$ = $1; FC_APPEND($$, $3); };
timeout_opt: %empty { $$ = NULL; } | TIMEOUT expr { $$ = $2; };
one_opt: %empty { $$ = NULL; } | ONE OF expr { $$ = $3; };
version_opt: %empty { $$.s = NULL; } | VERSION STRING { $$.s = fc_plain(ps, $2, @2); };
default_opt: %empty { $$ = NULL; } | '=' expr { $$ = $2; };
yaml_opt: %empty { $$.s = NULL; } | YAML STRING { $$.s = fc_plain(ps, $2, @2); @$ = @2; };
name_opt: %empty { $$ = fc_no_name; } | name;
let: LET name '=' expr ';' { $$ = fc_stmt_new(ps, FC_S_LET, @$, $name); $$->value = $expr; };
lets: %empty { $$ = (struct fc_stmts){0}; }
    | lets let { $$ = $1; FC_APPEND($$, $2); }
    | lets error ';' { GOOD; $$ = $1; }
    | lets error SKIPPED { GOOD; $$ = $1; }
    ;
enumerator_block: '{' enumerators close { $$ = $2; } | '{' error '}' { GOOD; $$ = (struct fc_enumerators){0}; };
enumerators: enumerator { $$ = (struct fc_enumerators){$1, $1}; } | enumerators enumerator { $$ = $1; FC_APPEND($$, $2); };
enumerator: name ';' { $$ = fc_enumerator_new(ps, $name); }
    | name '=' INTEGER ';' {
          $$ = fc_enumerator_new(ps, $name);
          $$->has_value = true;
          $$->value = fc_integer(ps, $INTEGER, @INTEGER);
      }
    | name AS STRING ';' { $$ = fc_enumerator_new(ps, $name); $$->as = fc_plain(ps, $STRING, @STRING); }
    | error ';' { GOOD; $$ = NULL; } | error SKIPPED { GOOD; $$ = NULL; };
decl_block: '{' decls close { $$ = $2; } | '{' error '}' { GOOD; $$ = (struct fc_decls){0}; };
decls: decl { $$ = (struct fc_decls){$1, $1}; } | decls decl { $$ = $1; FC_APPEND($$, $2); };
decl: anyname opt ':' type as_opt default_opt ';' {
          NEWNODE(decl, d, @$);
          d->name = $anyname;
          d->optional = $opt;
          d->type = $type;
          d->as = $as_opt.s;
          d->as_span = $as_opt.span;
          d->dflt = $default_opt;
          $$ = d;
      }
    | error ';' { GOOD; $$ = NULL; } | error SKIPPED { GOOD; $$ = NULL; };
opt: %empty { $$ = false; } | '?' { $$ = true; };
as_opt: %empty { $$ = (struct fc_as){0}; } | AS STRING { $$ = (struct fc_as){fc_plain(ps, $2, @2), @2}; };
params: %empty { $$ = (struct fc_decls){0}; } | param_list;
param_list: param { $$ = (struct fc_decls){$1, $1}; } | param_list ',' param { $$ = $1; FC_APPEND($$, $3); };
param: name ':' type { NEWNODE(decl, d, @$); d->name = $name; d->type = $type; $$ = d; };
type: base | base '?' { $$ = $1; $$->optional = true; $$->span = @$; };
base: name { $$ = fc_texpr_new(ps, FC_T_NAME, @$, NULL); $$->name = $1; }
    | name '(' name[arg] ')' { $$ = fc_texpr_new(ps, FC_T_NAME, @$, NULL); $$->name = $1; $$->arg = $arg; }
    | name '<' type '>' {
          $$ = fc_texpr_new(ps, FC_T_MAP, @$, $type);
          $$->name = $name;
          if (strcmp($name.s, "map") != 0)
              fc_report(ps->p->diags, FC_NOT_MAP, @name, $name.s);
      }
    | '[' type ']' { $$ = fc_texpr_new(ps, FC_T_LIST, @$, $type); }
    | decl_block { $$ = fc_texpr_new(ps, FC_T_RECORD, @$, NULL); $$->decls = $1.first; }
    ;

stage: CLASSIFY class_block { $$ = fc_stage_new(ps, FC_ST_CLASSIFY, @$, @1, fc_no_name); $$->rules = $2.first; }
    | filter
    | UPDATE block { $$ = fc_stage_new(ps, FC_ST_UPDATE, @$, @1, fc_no_name); $$->body = $block.first; }
    | transform
    | MANGLE when_opt mangle_block {
          $$ = fc_stage_new(ps, FC_ST_MANGLE, @$, @1, fc_no_name);
          $$->when = $when_opt;
          $$->mangles = $3.first;
      }
    | JOIN BY expr[key] WITHIN expr[d] expire_opt late_opt MAX expr[max] when_opt leg_block {
          $$ = fc_stage_join(ps, @$, @1, (struct fc_pairing){$key, $d, $expire_opt, $late_opt, $max}, $when_opt, $leg_block.first);
      }
    | aggregate
    ;
filter: FILTER rule_block { $$ = fc_stage_new(ps, FC_ST_FILTER, @$, @1, fc_no_name); $$->rules = $2.first; };
transform: TRANSFORM name field_block { $$ = fc_stage_new(ps, FC_ST_TRANSFORM, @$, @1, $name); $$->fields = $3.first; }
    | TRANSFORM name ';' { $$ = fc_stage_new(ps, FC_ST_TRANSFORM, @$, @1, $name); }
    ;
aggregate: AGGREGATE name BY '(' keys ')' OVER expr of_opt MAX expr field_block having_opt top_opt {
          $$ = fc_stage_new(ps, FC_ST_AGGREGATE, @$, @1, $name);
      }
    ;
keys: keyexpr | keys ',' keyexpr;
keyexpr: expr | anyname '=' expr;
of_opt: %empty | OF expr | OF expr LATE expr;
having_opt: %empty | HAVING expr;
top_opt: %empty | TOP expr BY name ';';
when_opt: %empty { $$ = NULL; } | WHEN expr { $$ = $2; };
class_block: '{' classes close { $$ = $2; } | '{' error '}' { GOOD; $$ = (struct fc_rules){0}; };
classes: class { $$ = (struct fc_rules){$1, $1}; } | classes class { $$ = $1; FC_APPEND($$, $2); };
class: name WHEN expr ';' { $$ = fc_rule_new(ps, FC_R_CLASS, @$, $name, $expr); }
    | name OTHERWISE ';' { $$ = fc_rule_new(ps, FC_R_CLASS, @$, $name, NULL); }
    | ALLOW name ';' class[it] { fc_allow(ps, $name, @it); $$ = $it; }
    | error ';' { GOOD; $$ = NULL; } | error SKIPPED { GOOD; $$ = NULL; };
rule_block: '{' rules close { $$ = $2; } | '{' error '}' { GOOD; $$ = (struct fc_rules){0}; };
rules: rule { $$ = (struct fc_rules){$1, $1}; } | rules rule { $$ = $1; FC_APPEND($$, $2); };
rule: DROP name WHEN expr ';' { $$ = fc_rule_new(ps, FC_R_DROP, @$, $name, $expr); }
    | KEEP WHEN expr ';' { $$ = fc_rule_new(ps, FC_R_KEEP, @$, fc_no_name, $expr); }
    | DROP name OTHERWISE ';' { $$ = fc_rule_new(ps, FC_R_DROP, @$, $name, NULL); }
    | ALLOW name ';' rule[it] { fc_allow(ps, $name, @it); $$ = $it; }
    | error ';' { GOOD; $$ = NULL; } | error SKIPPED { GOOD; $$ = NULL; };
mangle_block: '{' mangles close { $$ = $2; } | '{' error '}' { GOOD; $$ = (struct fc_absents){0}; };
mangles: mangle { $$ = (struct fc_absents){$1, $1}; } | mangles mangle { $$ = $1; FC_APPEND($$, $2); };
mangle: EACH block { NEWNODE(absent, m, @$); m->each = true; m->body = $block.first; $$ = m; }
    | ABSENT name IN name[table] EVERY coalesce at_end block {
          NEWNODE(absent, m, @$);
          m->var = $2, m->table = $table;
          m->every = $coalesce, m->at_end = $at_end;
          m->body = $block.first;
          $$ = m;
      }
    | ALLOW name ';' mangle[it] { fc_allow(ps, $name, @it); $$ = $it; }
    | error ';' { GOOD; $$ = NULL; } | error SKIPPED { GOOD; $$ = NULL; };
at_end: %empty { $$ = false; } | OR AT THE_END { $$ = true; };
leg_block: '{' legs close { $$ = $2; } | '{' error '}' { GOOD; $$ = (struct fc_rules){0}; };
legs: leg { $$ = (struct fc_rules){$1, $1}; } | legs leg { $$ = $1; FC_APPEND($$, $2); };
leg: name WHEN expr ';' { $$ = fc_rule_new(ps, FC_R_LEG, @$, $name, $expr); }
    | BOTH block { $$ = fc_rule_new(ps, FC_R_BOTH, @1, fc_no_name, NULL); $$->body = $block.first; }
    | ALONE name block { $$ = fc_rule_new(ps, FC_R_ALONE, @1, $name, NULL); $$->body = $block.first; }
    | DROP name OTHERWISE ';' { $$ = fc_rule_new(ps, FC_R_DROP, @$, $name, NULL); } | ALLOW name ';' leg[it] { fc_allow(ps, $name, @it); $$ = $it; }
    | error ';' { GOOD; $$ = NULL; } | error SKIPPED { GOOD; $$ = NULL; };
late_opt: %empty { $$ = NULL; } | LATE expr { $$ = $2; };

block: '{' statements close { $$ = $2; };
statements: %empty { $$ = (struct fc_stmts){0}; } | statements statement { $$ = $1; FC_APPEND($$, $2); };
statement: let
    | target '=' expr expire_opt ';' {
          $$ = fc_stmt_new(ps, FC_S_ASSIGN, @$, fc_no_name);
          $$->target = $target;
          $$->value = $expr;
          $$->expire = $expire_opt;
      }
    | FORGET name '[' exprs ']' ';' { $$ = fc_stmt_new(ps, FC_S_FORGET, @$, $name); $$->keys = $exprs.first; }
    | if { $$ = $1.s; }
    | DROP name ';' { $$ = fc_stmt_new(ps, FC_S_DROP, @$, $name); }
    | EMIT name_opt field_block { $$ = fc_stmt_new(ps, FC_S_EMIT, @$, $name_opt); $$->fields = $3.first; }
    | ALLOW name ';' statement[it] { fc_allow(ps, $name, @it); $$ = $it; }
    | error ';' { GOOD; $$ = NULL; } | error SKIPPED { GOOD; $$ = NULL; };
expire_opt: %empty { $$ = NULL; } | EXPIRE expr { $$ = $2; };
max_opt: %empty { $$ = NULL; } | MAX expr { $$ = $2; };
if: IF expr block { $$.n = 1; $$.s = fc_stmt_if(ps, @$, $expr, $3.first, NULL); }
    | IF expr block ELSE block { $$.n = 1; $$.s = fc_stmt_if(ps, @$, $expr, $3.first, $5.first); }
    | IF expr block ELSE if[other] {
          $$.n = $other.n + 1;
          if ($$.n == FC_MAX_NESTING)
              fc_too_deep(ps, @$);
          $$.s = fc_stmt_if(ps, @$, $expr, $3.first, $other.s);
      }
    ;
target: name { $$ = fc_expr_name(ps, $1); }
    | name '[' exprs ']' { $$ = fc_expr_index(ps, @$, fc_expr_name(ps, $1), $3); }
    | target '.' anyname { $$ = fc_expr_field(ps, @$, $1, $3); }
    ;

field_block: '{' fields close { $$ = $2; };
fields: %empty { $$ = (struct fc_fields){0}; } | fields field { $$ = $1; FC_APPEND($$, $2); };
field: anyname opt as_opt ';' { $$ = fc_field_new(ps, FC_F_SAME, @$, $1, $2, $3); }
    | anyname opt as_opt '=' expr ';' { $$ = fc_field_new(ps, FC_F_EXPR, @$, $1, $2, $3); $$->value = $expr; }
    | anyname opt as_opt ':' type default_opt ';' {
          $$ = fc_field_new(ps, $default_opt ? FC_F_EXPR : FC_F_DECLARED, @$, $1, $2, $3);
          $$->type = $type;
          $$->value = $default_opt;
      }
    | anyname opt as_opt field_block { $$ = fc_field_new(ps, FC_F_OBJECT, @$, $1, $2, $3); $$->fields = $4.first; }
    | anyname opt as_opt FROM expr field_block {
          $$ = fc_field_new(ps, FC_F_FROM, @$, $1, $2, $3);
          $$->value = $expr;
          $$->fields = $6.first;
      }
    | SPREAD expr without_opt ';' {
          $$ = fc_field_new(ps, FC_F_SPREAD, @$, fc_no_name, false, (struct fc_as){0});
          $$->value = $expr;
          $$->without = $without_opt.first;
      }
    | ALLOW name ';' field[it] { fc_allow(ps, $name, @it); $$ = $it; }
    | error ';' { GOOD; $$ = NULL; } | error SKIPPED { GOOD; $$ = NULL; };

without_opt: %empty { $$ = (struct fc_exprs){0}; } | WITHOUT '(' paths ')' { $$ = $paths; };
paths: path { $$ = (struct fc_exprs){$1, $1}; } | paths ',' path { $$ = $1; FC_APPEND($$, $3); };
path: anyname { $$ = fc_expr_name(ps, $1); } | path '.' anyname { $$ = fc_expr_field(ps, @$, $1, $3); };
row_block: %empty { $$ = (struct fc_row){0}; } | '{' rows close { $$ = $2; };
rows: %empty { $$ = (struct fc_row){0}; }
    | rows KEY exprs ';' { $$ = $1; $$.keys = $exprs.first; }
    | rows VALUE expr ';' { $$ = $1; $$.value = $expr; }
    | rows anyname opt '=' expr ';' { $$ = $1; fc_row_field(ps, &$$, fc_span_join(@anyname, @expr), $anyname, $opt, $expr); }
    | rows error ';' { GOOD; $$ = $1; }
    | rows error SKIPPED { GOOD; $$ = $1; }
    ;

output_block: '{' outputs close { $$ = $2; };
outputs: %empty { $$ = (struct fc_outputs){0}; } | outputs output { $$ = $1; FC_APPEND($$, $2); };
output: filter { $$ = fc_output_stage(ps, @$, $1); }
    | transform { $$ = fc_output_stage(ps, @$, $1); }
    | aggregate { $$ = fc_output_stage(ps, @$, $1); }
    | SELECT name '{' part_cases close { $$ = fc_output_select(ps, @$, fc_span_join(@1, @2), $name, $part_cases.first); }
    | QUEUE options { $$ = fc_output_new(ps, FC_OUT_QUEUE, @$, @1, fc_no_name); $$->options = $options.first; }
    | STOREHEADER field_block { $$ = fc_output_new(ps, FC_OUT_STOREHEADER, @$, @1, fc_no_name); $$->fields = $2.first; }
    | step name options {
          $$ = fc_output_new(ps, FC_OUT_STEP, @$, @1, $name);
          $$->step = $step;
          $$->options = $options.first;
      }
    | METRICS expire_opt max_opt LABELS label_block meter_block {
          $$ = fc_output_metrics(ps, @$, @1, $label_block.first, $expire_opt, $max_opt, $meter_block.first);
      }
    | METRICS EACH name row_name IN name[table] expire_opt max_opt LABELS label_block meter_block {
          $$ = fc_output_metrics(ps, @$, @1, $label_block.first, $expire_opt, $max_opt, $meter_block.first);
          fc_metrics_each(ps, $$, $3, $row_name, $table);
      }
    | meter_kind name STRING by_labels_opt buckets_opt '=' expr expire_opt max_opt ';' {
          struct fc_meter *m = fc_meter_new(ps, @$, $meter_kind, $name, fc_plain(ps, $STRING, @STRING), $buckets_opt);
          m->series = fc_serie_new(ps, $expr);
          $$ = fc_output_metrics(ps, @$, @1, $by_labels_opt.first, $expire_opt, $max_opt, m);
      }
    | ALLOW name ';' output[it] { fc_allow(ps, $name, @it); $$ = $it; }
    | error ';' { GOOD; $$ = NULL; } | error SKIPPED { GOOD; $$ = NULL; };
row_name: %empty { $$ = fc_no_name; } | ',' name { $$ = $name; };
part_cases: part_case { $$ = (struct fc_cases){$1, $1}; } | part_cases part_case { $$ = $1; FC_APPEND($$, $2); };
part_case: case_of output_block { $$ = $1; $$->span = @$; $$->parts = $2.first; } | error SKIPPED { GOOD; $$ = NULL; };
step: STORE { $$ = FC_STEP_STORE; } | ENCODE { $$ = FC_STEP_ENCODE; } | COMPRESS { $$ = FC_STEP_COMPRESS; }
    | ACCOUNT { $$ = FC_STEP_ACCOUNT; } | WRITE { $$ = FC_STEP_WRITE; } | DECODE { $$ = FC_STEP_DECODE; }
    | DECOMPRESS { $$ = FC_STEP_DECOMPRESS; }
    ;
options: ';' { $$ = (struct fc_options){0}; } | '{' option_list close { $$ = $2; };
option_list: %empty { $$ = (struct fc_options){0}; } | option_list option { $$ = $1; FC_APPEND($$, $2); };
option: anyname '=' expr ';' { $$ = fc_option_new(ps, FC_O_VALUE, @$, $anyname); $$->value = $expr; }
    | step name options {
          $$ = fc_option_new(ps, FC_O_STEP, @$, $name);
          $$->step = $step;
          $$->options = $3.first;
      }
    | QUEUE options {
          $$ = fc_option_new(ps, FC_O_STEP, @$, fc_no_name);
          $$->step = FC_STEP_QUEUE;
          $$->options = $2.first;
      }
    | PARTITION parts_list ';' { $$ = fc_option_new(ps, FC_O_PARTITION, @$, fc_no_name); $$->parts = $2.first; }
    | error ';' { GOOD; $$ = NULL; } | error SKIPPED { GOOD; $$ = NULL; };
parts_list: part { $$ = (struct fc_parts){$1, $1}; } | parts_list ',' part { $$ = $1; FC_APPEND($$, $3); };
part: anyname { $$ = fl_arena_zero(A, sizeof *$$); $$->name = $1; }
    | anyname '=' expr { $$ = fl_arena_zero(A, sizeof *$$); $$->name = $1; $$->value = $3; }
    ;
by_labels_opt: %empty { $$ = (struct fc_parts){0}; } | BY '(' parts_list ')' { $$ = $3; };
buckets_opt: %empty { $$ = NULL; } | BUCKETS expr { $$ = $2; };
label_block: '{' label_items close { $$ = $2; };
label_items: %empty { $$ = (struct fc_parts){0}; } | label_items part ';' { $$ = $1; FC_APPEND($$, $2); }
    | label_items error ';' { GOOD; $$ = $1; } | label_items error SKIPPED { GOOD; $$ = $1; };
meter_block: '{' meters close { $$ = $2; };
meters: %empty { $$ = (struct fc_meters){0}; } | meters meter { $$ = $1; FC_APPEND($$, $2); };
meter: meter_kind name STRING buckets_opt '{' series close {
          $$ = fc_meter_new(ps, @$, $meter_kind, $name, fc_plain(ps, $STRING, @STRING), $buckets_opt);
          $$->series = $series.first;
      }
    | meter_kind name STRING buckets_opt '=' expr ';' {
          $$ = fc_meter_new(ps, @$, $meter_kind, $name, fc_plain(ps, $STRING, @STRING), $buckets_opt);
          $$->series = fc_serie_new(ps, $expr);
      }
    | ALLOW name ';' meter[it] { fc_allow(ps, $name, @it); $$ = $it; }
    | error ';' { GOOD; $$ = NULL; } | error SKIPPED { GOOD; $$ = NULL; };
meter_kind: GAUGE { $$ = FC_M_GAUGE; } | COUNTER { $$ = FC_M_COUNTER; } | HISTOGRAM { $$ = FC_M_HISTOGRAM; };
series: serie { $$ = (struct fc_series){$1, $1}; } | series serie { $$ = $1; FC_APPEND($$, $2); };
serie: label_list ARROW expr ';' { $$ = fc_serie_new(ps, $expr); $$->span = @$; $$->labels = $label_list.first; }
    | error ';' { GOOD; $$ = NULL; } | error SKIPPED { GOOD; $$ = NULL; };
label_list: label { $$ = (struct fc_parts){$1, $1}; } | label_list ',' label { $$ = $1; FC_APPEND($$, $3); };
label: anyname '=' expr { $$ = fl_arena_zero(A, sizeof *$$); $$->name = $1; $$->value = $3; };

check_block: '{' checks close { $$ = $2; };
checks: %empty { $$ = (struct fc_checks){0}; } | checks check { $$ = $1; FC_APPEND($$, $2); };
check: PARAM name '=' expr ';' { $$ = fc_check_new(ps, FC_C_PARAM, @$, $name); $$->expr = $expr; }
    | PARAM name '=' json_object ';' { $$ = fc_check_json(ps, FC_C_PARAM, @$, $name, @json_object); }
    | GIVEN json_object ';' { $$ = fc_check_json(ps, FC_C_GIVEN, @$, fc_no_name, @2); }
    | GIVEN STRING ';' {
          $$ = fc_check_new(ps, FC_C_GIVEN, @$, fc_no_name);
          $$->raw = true;
          $$->json = fc_plain(ps, $STRING, @STRING);
      }
    | LOOKUP name '(' args ')' '=' expr ';' {
          $$ = fc_check_new(ps, FC_C_LOOKUP, @$, $name);
          $$->args = $args.first;
          $$->expr = $expr;
      }
    | LOOKUP name '(' args ')' '=' json_object ';' {
          $$ = fc_check_json(ps, FC_C_LOOKUP, @$, $name, @json_object);
          $$->args = $args.first;
      }
    | TABLE name '{' test_rows close { $$ = fc_check_new(ps, FC_C_TABLE, @$, $name); $$->args = $test_rows.first; }
    | AT expr ';' { $$ = fc_check_new(ps, FC_C_AT, @$, fc_no_name); $$->expr = $expr; }
    | EXPECT expr ';' { $$ = fc_check_new(ps, FC_C_EXPECT, @$, fc_no_name); $$->expr = $expr; }
    | EXPECT coalesce EQ json_object ';' {
          $$ = fc_check_json(ps, FC_C_EXPECT_JSON, @$, fc_no_name, @json_object);
          $$->expr = $coalesce;
      }
    | EXPECT DROPPED name ';' { $$ = fc_check_new(ps, FC_C_EXPECT_DROPPED, @$, $name); }
    | EXPECT OBJECT STRING condition_block {
          $$ = fc_check_new(ps, FC_C_EXPECT_OBJECT, @$, fc_no_name);
          $$->pattern = fc_plain(ps, $STRING, @STRING);
          $$->args = $4.first;
      }
    | error ';' { GOOD; $$ = NULL; } | error SKIPPED { GOOD; $$ = NULL; };
test_rows: %empty { $$ = (struct fc_exprs){0}; } | test_rows test_row { $$ = $1; FC_APPEND($$, $2); };
test_row: exprs ARROW expr ';' { $$ = fc_expr_args(ps, FC_E_LIST, @$, $exprs); $$->a = $expr; }
    | exprs ARROW json_object ';' { $$ = fc_expr_args(ps, FC_E_LIST, @$, $exprs); $$->s = fc_json_text(ps, $$->op_span = @json_object); }
    | error ';' { GOOD; $$ = NULL; } | error SKIPPED { GOOD; $$ = NULL; };
condition_block: '{' conditions close { $$ = $2; } | '{' error '}' { GOOD; $$ = (struct fc_exprs){0}; };
conditions: expr ';' { $$ = (struct fc_exprs){$1, $1}; }
    | conditions expr ';' { $$ = $1; FC_APPEND($$, $2); }
    | conditions error ';' { GOOD; $$ = $1; }
    ;
json: json_object | '[' ']' | '[' json_list ']' | STRING { fc_json_string(ps, @1); } | number | '-' number
    | TRUE | FALSE | NUL;
number: INTEGER { fc_json_number(ps, @1); } | FLOAT { fc_json_number(ps, @1); };
json_list: json | json_list ',' json;
json_object: '{' JSON_CLOSE | '{' members JSON_CLOSE;
members: member | members ',' member;
member: STRING ':' json { fc_json_string(ps, @1); };

args: %empty { $$ = (struct fc_exprs){0}; } | exprs;
exprs: expr { $$ = (struct fc_exprs){$1, $1}; } | exprs ',' expr { $$ = $1; FC_APPEND($$, $3); };
expr: logic | logic '?' expr[yes] ':' expr[no] { $$ = fc_expr_cond(ps, @$, @2, $1, $yes, $no); };
logic: negation | ors { $$ = fc_terms_tree(ps, $1); } | ands { $$ = fc_terms_tree(ps, $1); };
ors: negation[l] OR negation[r] { $$ = fc_term(ps, (struct fc_terms){$l, 1}, FC_OP_OR, @2, $r); }
    | ors[l] OR negation[r] { $$ = fc_term(ps, $l, FC_OP_OR, @2, $r); }
    ;
ands: negation[l] AND negation[r] { $$ = fc_term(ps, (struct fc_terms){$l, 1}, FC_OP_AND, @2, $r); }
    | ands[l] AND negation[r] { $$ = fc_term(ps, $l, FC_OP_AND, @2, $r); }
    ;
negation: comparison | NOT negation[e] { $$ = fc_unary(ps, FC_OP_NOT, @1, $e); };
comparison: coalesce | coalesce[l] compare coalesce[r] { $$ = fc_binary(ps, $l, $compare.op, @2, $r); };
coalesce: sum | coalesce[l] COALESCE sum[r] { $$ = fc_binary(ps, $l, FC_OP_COALESCE, @2, $r); };
compare: EQ { $$.op = FC_OP_EQ; } | NE { $$.op = FC_OP_NE; } | '<' { $$.op = FC_OP_LT; } | LE { $$.op = FC_OP_LE; }
    | '>' { $$.op = FC_OP_GT; } | GE { $$.op = FC_OP_GE; } | IN { $$.op = FC_OP_IN; } | MATCHES { $$.op = FC_OP_MATCHES; }
    ;
sum: product | sum[l] '+' product[r] { $$ = fc_binary(ps, $l, FC_OP_ADD, @2, $r); }
    | sum[l] '-' product[r] { $$ = fc_binary(ps, $l, FC_OP_SUB, @2, $r); }
    ;
product: unary | product[l] '*' unary[r] { $$ = fc_binary(ps, $l, FC_OP_MUL, @2, $r); }
    | product[l] '/' unary[r] { $$ = fc_binary(ps, $l, FC_OP_DIV, @2, $r); }
    | product[l] '%' unary[r] { $$ = fc_binary(ps, $l, FC_OP_MOD, @2, $r); }
    ;
unary: postfix | '-' unary[e] { $$ = fc_unary(ps, FC_OP_NEG, @1, $e); } | HAS postfix { $$ = fc_unary(ps, FC_OP_HAS, @1, $2); };
postfix: primary | postfix[e] '.' anyname { $$ = fc_expr_field(ps, @$, $e, $anyname); }
    | postfix[e] '[' exprs ']' { $$ = fc_expr_index(ps, @$, $e, $exprs); }
    ;
primary: name { $$ = fc_expr_name(ps, $1); }
    | name '(' args ')' { $$ = fc_expr_args(ps, FC_E_CALL, @$, $args); $$->name = $name; }
    | name '(' expr[in] WHERE expr[cond] ')' { $$ = fc_expr_any(ps, @$, $name, $in, $cond, false); }
    | name '(' expr[in] ':' expr[value] ')' { $$ = fc_expr_any(ps, @$, $name, $in, $value, true); }
    | literal
    | template
    | '(' expr ')' { $$ = $2; $$->span = @$; }
    | '[' ']' { $$ = fc_expr_args(ps, FC_E_LIST, @$, (struct fc_exprs){0}); }
    | '[' exprs ']' { $$ = fc_expr_args(ps, FC_E_LIST, @$, $2); }
    | '[' exprs ',' ']' { $$ = fc_expr_args(ps, FC_E_LIST, @$, $2); }
    | MATCH expr arm_block { $$ = fc_expr_match(ps, @$, $expr, $3); }
    | NEW name field_block { $$ = fc_expr_new_record(ps, @$, $name, $3); }
    ;
literal: INTEGER { $$ = fc_expr_number(ps, FC_E_INT, @$, $1); }
    | FLOAT { $$ = fc_expr_number(ps, FC_E_FLOAT, @$, $1); }
    | DURATION { $$ = fc_expr_number(ps, FC_E_DURATION, @$, $1); }
    | SIZE { $$ = fc_expr_number(ps, FC_E_SIZE, @$, $1); }
    | ADDRESS { $$ = fc_expr_string(ps, $1, @1); $$->kind = FC_E_ADDRESS; }
    | STRING { $$ = fc_expr_string(ps, $1, @1); }
    | TRUE { $$ = fc_expr_new(A, FC_E_BOOL, @$); $$->i = 1; }
    | FALSE { $$ = fc_expr_new(A, FC_E_BOOL, @$); }
    | NUL { $$ = fc_expr_new(A, FC_E_NULL, @$); }
    ;
arm_block: '{' arms close { $$ = $2; } | '{' error '}' { GOOD; $$ = (struct fc_arms){0}; };
arms: arm { $$ = (struct fc_arms){$1, $1}; } | arms arm { $$ = $1; FC_APPEND($$, $2); };
arm: patterns ARROW expr ';' { NEWNODE(arm, m, @$); m->patterns = $1.first; m->value = $3; $$ = m; }
    | error ';' { GOOD; $$ = NULL; } | error SKIPPED { GOOD; $$ = NULL; };
patterns: pattern { $$ = (struct fc_patterns){$1, $1}; } | patterns ',' pattern { $$ = $1; FC_APPEND($$, $3); };
pattern: name { NEWNODE(pattern, q, @$); q->kind = FC_P_NAME; q->name = $1; $$ = q; }
    | literal { NEWNODE(pattern, q, @$); q->kind = FC_P_LITERAL; q->value = $1; $$ = q; }
    | '-' INTEGER {
          NEWNODE(pattern, q, @$);
          q->kind = FC_P_LITERAL;
          q->value = fc_expr_number(ps, FC_E_INT, @$, $2);
          q->value->i = -q->value->i;
          $$ = q;
      }
    | UNDERSCORE { NEWNODE(pattern, q, @$); q->kind = FC_P_ANY; $$ = q; }
    ;
template: TEMPLATE_BEGIN parts TEMPLATE_END { $$ = fc_expr_args(ps, FC_E_TEMPLATE, @$, $parts); };
parts: %empty { $$ = (struct fc_exprs){0}; }
    | parts TEMPLATE_TEXT { $$ = $1; struct fc_expr *e = fc_expr_string(ps, $2, @2); FC_APPEND($$, e); }
    | parts TEMPLATE_OPEN expr TEMPLATE_CLOSE { $$ = $1; FC_APPEND($$, $3); }
    ;

anyname: name | reserved { $$ = (struct fc_name){$1.s, @1}; };
name: NAME { $$ = (struct fc_name){$1.s, @1}; } | word { $$ = (struct fc_name){$1.s, @1}; };
reserved:
    AND | OR | NOT | IN | MATCHES | HAS | MATCH | NEW | TRUE | FALSE | NUL | IF | ELSE | LET | RETURN | DROP
     | KEEP | EMIT | FORGET | WHEN | OTHERWISE | AS | FROM
    ;
word:
    PIPELINE | VERSION | USE | INCLUDE | SCHEMA | ENUM | RECORD | PARAM | CONST | FUNCTION | TABLE | LOOKUP
     | SOURCE | CLASSIFY | FILTER | UPDATE | TRANSFORM | MANGLE | JOIN | AGGREGATE | SELECT | OUTPUT | TEST
     | EACH | ABSENT | YAML | EXPIRE | MAX | CACHE | BY | WITHIN | EVERY | TOP | BOTH | ALONE | STOREHEADER
     | STORE | ENCODE | COMPRESS | ACCOUNT | WRITE | METRICS | LABELS | GAUGE | COUNTER | GIVEN | EXPECT | AT
     | DROPPED | OBJECT | OVER | OF | LATE | HAVING | ONE | SECRET | RELOAD | TIMEOUT | REJECT | REFUSED | STATE | DECODE
     | DECOMPRESS | PARTITION | QUEUE | WHERE | ALLOW | WITHOUT | KEY | VALUE | HISTOGRAM | BUCKETS | THE_END
    ;

%%

/* Token kinds to names; errors.c makes a sentence of them. */
static int yyreport_syntax_error(const yypcontext_t *context, struct fc_parser *ps)
{
    enum { ALL = 160 };
    yysymbol_kind_t kinds[ALL];
    const char *names[ALL];
    int n = yypcontext_expected_tokens(context, kinds, ALL);
    for (int i = 0; i < n; i++)
        names[i] = yysymbol_name(kinds[i]);
    yysymbol_kind_t found = yypcontext_token(context);
    if (found != YYSYMBOL_YYEMPTY)
        fc_syntax_error(ps, yysymbol_name(found), *yypcontext_location(context), names, n < 0 ? 0 : n);
    return 0;
}

/* Called by bison only when its stack is exhausted. */
static void fc_yyerror(const struct fc_span *span, struct fc_parser *ps, const char *message)
{
    (void)message;
    fc_too_deep(ps, *span);
}
