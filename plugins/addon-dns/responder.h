// What becomes of a query: nothing, an answer out of the zone, or a question for the upstreams whose answer completes
// it. Knows of no socket.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "message.h"
#include "zone.h"

namespace cleat::dns {

enum class Transport { udp, tcp };

struct Decision {
  enum class Kind { silent, reply, forward };
  Kind kind = Kind::silent;
  std::string reply;  // the whole message
  // Of what is forwarded: what the upstreams are asked, and what stands before their answer.
  Query query;
  Question ask;
  Reply begun;
  Transport transport = Transport::udp;
};

Decision decide(const Zone& zone, std::string_view message, Transport transport);

// The client's answer once the upstreams have answered, or have not.
std::string complete(const Decision& decision, const std::optional<std::string>& upstream);
// The same for who may not ask, or where nobody can be asked.
std::string decline(const Decision& decision, Rcode rcode);

}  // namespace cleat::dns
