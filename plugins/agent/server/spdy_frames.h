// The frames of SPDY/3.1, as far as Kubernetes' streams use them: their bytes, and nothing of connections. Kubernetes'
// clients speak it for port-forward (inside a WebSocket) and, when they are older, for exec and attach.
//
// One codec belongs to one connection: headers are compressed in one stream from its beginning to its end.
#pragma once

#include <cleat/sdk/status.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cleat::agent {

using SpdyHeaders = std::vector<std::pair<std::string, std::string>>;

struct SpdyFrame {
  enum class Type : uint16_t {
    data = 0,
    synStream = 1,
    synReply = 2,
    rstStream = 3,
    settings = 4,
    ping = 6,
    goAway = 7,
    headers = 8,
    windowUpdate = 9,
  };
  Type type = Type::data;
  uint32_t stream = 0;  // of a ping: its number
  bool fin = false;
  SpdyHeaders headers;
  std::string bytes;  // of data
};

class SpdyCodec {
 public:
  SpdyCodec();
  ~SpdyCodec();

  // Takes what came and gives the next whole frame, if there is one; call it with nothing until there is none.
  Result<std::optional<SpdyFrame>> decode(std::string_view bytes);

  std::string data(uint32_t stream, std::string_view bytes, bool fin) const;
  std::string synStream(uint32_t stream, const SpdyHeaders& headers);
  std::string synReply(uint32_t stream, const SpdyHeaders& headers);
  std::string rstStream(uint32_t stream, uint32_t why) const;
  std::string ping(uint32_t number) const;
  std::string goAway(uint32_t lastStream) const;

 private:
  Result<SpdyHeaders> readHeaders(std::string_view compressed);
  std::string writeHeaders(const SpdyHeaders& headers);

  struct Compression;
  std::unique_ptr<Compression> compression_;
  std::string buffer_;
};

// What a header of that name says; names do not differ by case.
std::string_view headerIn(const SpdyHeaders& headers, std::string_view name);

}  // namespace cleat::agent
