// What clients ask of the DNS and what upstreams answer: a reply is always one that can be read, keeps to its limit,
// and repeats what was asked.
#include "plugins/addon-dns/responder.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cleat::dns;
  using cleat::fuzz::require;
  static Zone* zone = [] {
    auto* made = new Zone({.domain = {"cluster", "local"}});
    made->setNamespace("default");
    ServiceRecords records;
    records.hosts[""] = {std::string("\12\140\0\1", 4)};
    records.ports["_tcp"]["_http"] = {{"", 80}};
    made->setService("default", "web", records);
    return made;
  }();
  const std::string_view input = cleat::fuzz::textOf(data, size);
  (void)parseResponse(input);

  Decision decision = decide(*zone, input, Transport::udp);
  if (decision.kind == Decision::Kind::silent) return 0;
  std::string reply = decision.reply;
  if (decision.kind == Decision::Kind::forward) {
    const std::string asked = writeQuery(1, decision.query, decision.ask);
    ParsedQuery again = parseQuery(asked);
    require(again.fault == Rcode::noError && again.query.question == decision.ask, "a question is another", input);
    (void)complete(decision, std::string(input));
    reply = complete(decision, std::nullopt);
  }
  require(reply.size() <= udpLimit(decision.query), "a reply is too long", input);
  if (!decision.query.hasQuestion) return 0;
  auto response = parseResponse(reply);
  require(response && response->id == decision.query.id, "a reply cannot be read", input);
  require(response->question == decision.query.question, "a reply is to another question", input);
  return 0;
}
