// The head of a response as it goes over the wire.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/http/http_message.h"

namespace cleat::http {

// How the client knows where the body ends.
enum class Framing { length, chunked, untilClose };

struct ResponseHeadForm {
  Framing framing = Framing::length;
  size_t length = 0;
  bool http10 = false;  // the client does not know of keep-alive unless it is told
  bool keepAlive = true;
  int64_t wallNs = 0;           // what time it is
  std::string_view lines = {};  // more fields, each with its end
};

std::string responseHeadText(const ResponseHead& head, const ResponseHeadForm& form);

}  // namespace cleat::http
