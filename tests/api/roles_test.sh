#!/bin/bash
# A role of a vendor's own, which the core has never heard of: two plugins fill it, in this process and in one of its own, and a
# third calls it: one of them by name, all of them, or the first that takes the call.
build=${1:?usage: roles_test.sh BUILD_DIR}
build=$(cd "$build" && pwd)
here=$(dirname "$0")
. "$here/../transcript.sh"
. "$here/server.sh"
for name in prices-acme prices-bazaar prices-corner shop; do
  [ -e "$build/fixtures/$name.so" ] || { echo "SKIPPED: $name has not been built"; exit 77; }
done
serve() {  # ISOLATION-OF-SHOP-AND-MOST-SELLERS ORDER
  cat >"$work/site.toml" <<TOML
[roles]
price-list = [$2]
[controllers]
enabled = ["...", "shop"]

[plugins.shop]
path = "$build/fixtures/shop.so"
isolation = "$1"
[plugins.prices-acme]
path = "$build/fixtures/prices-acme.so"
isolation = "$1"
prices = ["tea=300", "milk=120"]
[plugins.prices-bazaar]
path = "$build/fixtures/prices-bazaar.so"
isolation = "process"
prices = ["tea=250", "salt=90"]
[plugins.prices-corner]
path = "$build/fixtures/prices-corner.so"
isolation = "$1"
sells = "rope"
cents = 75
TOML
  start_server --config "$work/site.toml"
  until_true 20 kubectl get serviceaccount default
}
wants() {  # NAME ITEM [SELLER]
  kubectl create -f - <<YAML
apiVersion: v1
kind: ConfigMap
metadata: {name: $1, annotations: {shop/item: $2, shop/seller: "${3:-}"}}
YAML
}
price() { kubectl get configmap "$1" -o 'jsonpath={.metadata.annotations.shop/price}'; }

check 'its file says what it brings' 'brings +price-list \(0x[0-9a-f]{16}\): quote, ponder, haggle' "$cleat" plugin show "$build/fixtures/prices-acme.so"
serve none '"prices-acme", "prices-bazaar", "prices-corner"'
check 'they fill it' 'prices-bazaar +1.0.0 +alpha +price-list +running +yes' "$cleat" plugin list --data-dir "$data"
wants best tea >/dev/null
eventually 'all are asked, and one is cheapest' 10 '^250 at prices-bazaar$' price best
wants named tea prices-acme >/dev/null
eventually 'one is asked by name' 10 '^300 at prices-acme$' price named
wants first tea first >/dev/null
eventually 'the first takes a call for whoever it is' 10 '^300 at prices-acme$' price first
wants salt salt first >/dev/null
eventually 'and leaves to the next what it has not' 10 '^90 at prices-bazaar$' price salt
wants nobody gold first >/dev/null
eventually 'what nobody takes is told' 10 '^none: plugin prices-corner does not take PriceList.quote$' price nobody
wants wrong tea shop >/dev/null
eventually 'who does not fill the role is not asked' 10 \
  '^none: plugin shop does not fill the role price-list; it is filled by prices-acme, prices-bazaar, prices-corner$' price wrong
for seller in prices-acme prices-bazaar; do
  wants "stream-$seller" tea "haggle $seller" >/dev/null
done
eventually 'a stream goes both ways, and brings a file' 20 '^300 of milk=120 tea=300 \(2 asked\)$' price stream-prices-acme
wants rope rope 'haggle prices-corner' >/dev/null
eventually 'from a plugin in plain C as well' 20 '^75 of rope=75 \(2 asked\)$' price rope
eventually 'from a process that is confined too' 20 '^250 of salt=90 tea=250 \(2 asked\)$' price stream-prices-bazaar
wants slow tea ponder >/dev/null
eventually 'a call that takes too long ends at its deadline' 10 '^none: the call was not answered before its deadline' price slow
eventually 'of which whoever is asked knows' 10 'prices-acme: is asked to ponder for at most 3 s' cat "$work/log"
eventually 'and that nobody waits any more' 10 'prices-acme: nobody waits for what it ponders any more' cat "$work/log"
stop_server

serve process '"prices-bazaar", "prices-acme", "prices-corner"'
wants first2 tea first >/dev/null
eventually 'the order is the configuration'"'"'s' 10 '^250 at prices-bazaar$' price first2
wants rope2 rope first >/dev/null
eventually 'one in C is asked like any' 10 '^75 at prices-corner$' price rope2
wants rope3 rope 'haggle prices-corner' >/dev/null
eventually 'streams lead from one confined process to another' 20 '^75 of rope=75 \(2 asked\)$' price rope3
for seller in prices-acme prices-bazaar; do
  wants "stream2-$seller" tea "haggle $seller" >/dev/null
done
eventually 'in C++ as in C' 20 '^300 of milk=120 tea=300 \(2 asked\)$' price stream2-prices-acme
eventually 'with every one of them' 20 '^250 of salt=90 tea=250 \(2 asked\)$' price stream2-prices-bazaar
wants slow2 tea ponder >/dev/null
eventually 'in a process of its own it is the same' 10 '^none: the call was not answered before its deadline' price slow2
eventually 'with the deadline' 10 'prices-acme: is asked to ponder for at most 3 s' cat "$work/log"
eventually 'and who has gone' 10 'prices-acme: nobody waits for what it ponders any more' cat "$work/log"
stop_server
finish
