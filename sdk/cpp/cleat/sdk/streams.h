// Streams between plugins: for what a call's one message each way is not enough. A method of a role, any role, answers
// with an address; whoever called connects there and then has a socket to whoever was called: bytes both ways for as
// long as both like, and file descriptors. It works across processes: the socket is in the state folder of the plugin
// that offers it, which is its own also when it is confined.
//
//   // Whoever is called:
//   CLEAT_CO_TRY(auto offer, StreamOffer::make(config().dataDir()));
//   call.results().setStream(offer->address());
//   auto work = [offer] { auto stream = offer->take(std::chrono::seconds(10)); … };       // Context::blocking
//   // Whoever calls:
//   auto work = [address] { auto stream = connectStream(address); … };                    // Context::blocking
//
// An address is good for one connection. The one who offers shows by a secret in it that it is at the other end: until
// then nothing is sent, so that an address cannot lead to somebody else's socket. A plugin that is confined can offer
// streams to callers that are not, and not the other way round: it sees no folder but its own.
//
// Everything here blocks.
#pragma once

#include <cleat/sdk/file.h>
#include <cleat/sdk/time.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cleat {

class StreamOffer {
 public:
  static Result<std::shared_ptr<StreamOffer>> make(const std::string& folder);
  ~StreamOffer();
  StreamOffer(const StreamOffer&) = delete;
  StreamOffer& operator=(const StreamOffer&) = delete;

  const std::string& address() const { return address_; }
  // Waits for the connection. Once.
  Result<Fd> take(Duration most);

 private:
  StreamOffer() = default;
  std::string path_, secret_, address_;
  Fd listening_;
};

Result<Fd> connectStream(const std::string& address, Duration most = std::chrono::seconds(10));

// All of the bytes. The descriptors go with the first of them, and stay the sender's as well.
Result<void> sendStream(const Fd& stream, std::string_view bytes, std::span<const int> descriptors = {});

// What has come, once something has: at most so much, and with it the descriptors that came along, at most sixteen.
// Nothing at all is the end of the stream.
struct StreamPart {
  std::string bytes;
  std::vector<Fd> descriptors;
};
Result<StreamPart> receiveStream(const Fd& stream, size_t most = 1u << 16);

}  // namespace cleat
