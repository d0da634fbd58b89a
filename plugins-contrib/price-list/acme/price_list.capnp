@0x9c4b7be9f0d3a861;
# A role that Cleat has never heard of: `price-list` says what something costs. Whoever sells fills it, and whoever buys calls it.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("acme");

interface PriceList {
  quote @0 QuoteParams -> QuoteResults;
  # CLEAT_NOT_MINE: it is not sold here.

  ponder @1 QuoteParams -> QuoteResults;
  # The same, answered never: for tests of what becomes of a call whose caller has gone.

  haggle @2 () -> HaggleResults;
  # Called with a stream (cleat/sdk/streams.h), on which buyers name things, one a line, and are told a price each; "list" is
  # answered with a file of all prices. It ends when the buyer has finished.
}

struct HaggleResults {
  asked @0 :UInt32;
  # How much was asked for.
}

struct QuoteParams {
  item @0 :Text;
}

struct QuoteResults {
  cents @0 :UInt32;
  from @1 :Text;
}
