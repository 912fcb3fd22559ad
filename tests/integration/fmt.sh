#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# pointsmand fmt: prints, shows what is different, overwrites without losing the file's rights; and
# formatting again changes nothing.
. "$(dirname "$0")/lib.sh"

ugly() {
    printf '{\nlayer4 {\n\t\t:1 {\n   route {\necho\n}\n}\n}\n}\n\n\n\n'
    for i in 1 2 3 4 5 6 7 8 9; do printf 'h%d.example.com {\n\trespond "OK"\n}\n\n' $i; done
    printf 'last.example.com   {\n\trespond "OK"\n}'
}
ugly >"$tmp/ugly"
"$pointsmand" fmt "$tmp/ugly" >"$tmp/pretty" || fail "it is not printed"
"$pointsmand" fmt - <"$tmp/ugly" | cmp - "$tmp/pretty" || fail "standard input is not the same"
"$pointsmand" fmt "$tmp/pretty" | cmp - "$tmp/pretty" || fail "formatting again changes it"
"$pointsmand" fmt --diff "$tmp/pretty" >"$tmp/none" || fail "--diff of a pretty file fails"
[ ! -s "$tmp/none" ] || fail "--diff of a pretty file shows something"

status=0
"$pointsmand" fmt --diff "$tmp/ugly" >"$tmp/diff" || status=$?
same 1 $status "--diff of an ugly file: exit status"
sed "s/^~/ /" >"$tmp/wanted" <<DIFF # ~: an empty line that stays
--- $tmp/ugly
+++ $tmp/ugly
@@ -1,15 +1,13 @@
 {
-layer4 {
+	layer4 {
 		:1 {
-   route {
-echo
-}
-}
-}
+			route {
+				echo
+			}
+		}
+	}
 }
~
-
-
 h1.example.com {
 	respond "OK"
 }
@@ -46,6 +44,6 @@
 	respond "OK"
 }
~
-last.example.com   {
+last.example.com {
 	respond "OK"
-}
\\ No newline at end of file
+}
DIFF
diff "$tmp/wanted" "$tmp/diff" || fail "--diff shows something else"

chmod 640 "$tmp/ugly"
ln -s ugly "$tmp/link"
"$pointsmand" fmt --overwrite "$tmp/link" || fail "--overwrite"
cmp "$tmp/ugly" "$tmp/pretty" || fail "--overwrite wrote something else"
[ -L "$tmp/link" ] || fail "--overwrite replaced the link"
same 640 "$(stat -c %a "$tmp/ugly")" "the file's rights"
same 5 "$(find "$tmp" -maxdepth 1 -type f | wc -l)" "files that are left"

# refused STATUS TEXT ARGUMENT…
refused() {
    local want=$1 text=$2 got=0
    shift 2
    "$pointsmand" fmt "$@" >"$tmp/out" 2>"$tmp/err" </dev/null || got=$?
    same "$want" $got "fmt $*: exit status"
    grep -qF -- "$text" "$tmp/err" || fail "fmt $* does not say: $text"
    [ ! -s "$tmp/out" ] || fail "fmt $*: something on stdout"
}
refused 1 "$tmp/nothing: No such file" "$tmp/nothing"
refused 1 "$tmp: Is a directory" "$tmp"
refused 2 "usage: pointsmand fmt"
refused 2 "cannot be overwritten" --overwrite -
refused 2 "one of --overwrite and --diff" --overwrite --diff "$tmp/ugly"
