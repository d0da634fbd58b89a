#include "responder.h"

#include <algorithm>

namespace cleat::dns {
namespace {

size_t limitOf(const Query& query, Transport transport) {
  return transport == Transport::tcp ? kMostMessageBytes : udpLimit(query);
}

// Clients take the first address mostly, so the first is another one each time.
void spread(std::vector<Record>& answers, uint16_t id) {
  auto first = std::ranges::find_if(answers, [](const Record& record) { return record.type != kTypeCname; });
  const auto count = answers.end() - first;
  if (count > 1) std::rotate(first, first + id % count, answers.end());
}

}  // namespace

Decision decide(const Zone& zone, std::string_view message, Transport transport) {
  Decision decision;
  decision.transport = transport;
  ParsedQuery parsed = parseQuery(message);
  if (parsed.silent) return decision;
  decision.query = std::move(parsed.query);
  const Query& query = decision.query;
  Reply& reply = decision.begun;
  reply.rcode = parsed.fault;
  const Question& question = query.question;
  const bool transfer = question.type == kTypeAxfr || question.type == kTypeIxfr;
  if (parsed.fault == Rcode::noError && (question.dnsClass != kClassIn || transfer)) reply.rcode = Rcode::refused;
  if (reply.rcode == Rcode::noError) {
    Found found = zone.find(question);
    if (found.kind == Found::Kind::elsewhere || found.follow) {
      decision.kind = Decision::Kind::forward;
      decision.ask = question;
      if (found.follow) decision.ask.name = std::move(*found.follow);
      reply.answers = std::move(found.answers);
      return decision;
    }
    reply.authoritative = true;
    reply.rcode = found.kind == Found::Kind::noName ? Rcode::nameError : Rcode::noError;
    reply.answers = std::move(found.answers);
    reply.authority = std::move(found.authority);
    reply.additional = std::move(found.additional);
    spread(reply.answers, query.id);
  }
  decision.kind = Decision::Kind::reply;
  decision.reply = writeReply(query, reply, limitOf(query, transport));
  return decision;
}

std::string complete(const Decision& decision, const std::optional<std::string>& upstream) {
  if (!upstream) return decline(decision, Rcode::serverFailure);
  const size_t limit = limitOf(decision.query, decision.transport);
  Reply reply = decision.begun;
  if (reply.answers.empty()) {
    if (upstream->size() <= limit) {
      std::string relayed;
      append16(relayed, decision.query.id);
      return relayed.append(*upstream, 2);
    }
    reply.truncated = true;
    return writeReply(decision.query, reply, limit);
  }
  auto response = parseResponse(*upstream);
  if (!response) return decline(decision, Rcode::serverFailure);
  reply.rcode = response->rcode();
  reply.truncated = (response->flags & kTruncated) != 0;
  for (Record& record : response->addresses) reply.answers.push_back(std::move(record));
  return writeReply(decision.query, reply, limit);
}

std::string decline(const Decision& decision, Rcode rcode) {
  Reply reply = decision.begun;
  reply.rcode = rcode;
  return writeReply(decision.query, reply, limitOf(decision.query, decision.transport));
}

}  // namespace cleat::dns
