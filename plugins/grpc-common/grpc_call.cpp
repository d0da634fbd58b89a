#include "grpc-common/grpc_call.h"

#include <cleat/sdk/text.h>
#include <nghttp2/nghttp2.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <functional>
#include <optional>

#include <cleat/sdk/file.h>

namespace cleat::grpc {
namespace {

// No answer of a driver is larger: what it says of a node or a volume is short.
constexpr size_t kMostAnswer = size_t{4} << 20;
constexpr size_t kPrefix = 5;  // of a message: whether it is compressed, and its length

constexpr std::array kCodes = {
    "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated"};

Status rpcError(size_t code, std::string_view description) {
  const std::string name = code < kCodes.size() ? kCodes[code] : concat("Code(", code, ")");
  return Status::unavailable(concat("rpc error: code = ", name, " desc = ", description));
}

// "%41" is "A": how grpc-message writes what is not plain.
std::string decoded(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    const char* digits = text.data() + i + 1;
    if (text[i] == '%' && i + 2 < text.size() && std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2) {
      plain += static_cast<char>(value);
      i += 2;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

struct Exchange {
  std::string request;
  size_t sent = 0;
  std::string answer;
  std::function<void(std::string_view)> take;  // of a watch: each message as it has come
  std::optional<size_t> status;
  std::string message, httpStatus;
  bool isClosed = false, isTooLarge = false;
};

Exchange& of(void* user) { return *static_cast<Exchange*>(user); }

int onHeader(nghttp2_session*, const nghttp2_frame*, const uint8_t* name, size_t nameSize, const uint8_t* value,
             size_t valueSize, uint8_t, void* user) {
  const std::string_view key(reinterpret_cast<const char*>(name), nameSize);
  const std::string_view text(reinterpret_cast<const char*>(value), valueSize);
  if (key == ":status") of(user).httpStatus = text;
  if (key == "grpc-message") of(user).message = decoded(text);
  if (key == "grpc-status") {
    size_t code = 2;
    std::from_chars(text.data(), text.data() + text.size(), code);
    of(user).status = code;
  }
  return 0;
}

// How long the message is that the bytes begin with, its prefix included; nothing: not all of the prefix is there.
std::optional<size_t> sizeOfMessage(std::string_view bytes) {
  if (bytes.size() < kPrefix) return std::nullopt;
  size_t size = 0;
  for (size_t i = 1; i < kPrefix; ++i) size = size << 8 | static_cast<unsigned char>(bytes[i]);
  return kPrefix + size;
}

// False: what has come is no message.
bool takeMessages(Exchange& exchange) {
  while (auto size = sizeOfMessage(exchange.answer)) {
    if (exchange.answer.front() != 0 || *size > kMostAnswer) return false;
    if (exchange.answer.size() < *size) return true;
    exchange.take(std::string_view(exchange.answer).substr(kPrefix, *size - kPrefix));
    exchange.answer.erase(0, *size);
  }
  return true;
}

int onData(nghttp2_session*, uint8_t, int32_t, const uint8_t* data, size_t size, void* user) {
  Exchange& exchange = of(user);
  if (exchange.answer.size() + size > kMostAnswer) {
    exchange.isTooLarge = true;
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  exchange.answer.append(reinterpret_cast<const char*>(data), size);
  return !exchange.take || takeMessages(exchange) ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

int onClose(nghttp2_session*, int32_t, uint32_t, void* user) {
  of(user).isClosed = true;
  return 0;
}

ssize_t nextOfRequest(nghttp2_session*, int32_t, uint8_t* into, size_t room, uint32_t* flags, nghttp2_data_source*,
                      void* user) {
  Exchange& exchange = of(user);
  const size_t size = std::min(room, exchange.request.size() - exchange.sent);
  std::memcpy(into, exchange.request.data() + exchange.sent, size);
  exchange.sent += size;
  if (exchange.sent == exchange.request.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
  return static_cast<ssize_t>(size);
}

struct SessionDeleter {
  void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
};
using Session = std::unique_ptr<nghttp2_session, SessionDeleter>;

Session open(Exchange& exchange) {
  nghttp2_session_callbacks* callbacks = nullptr;
  if (nghttp2_session_callbacks_new(&callbacks) != 0) return {};
  nghttp2_session_callbacks_set_on_header_callback(callbacks, onHeader);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, onData);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, onClose);
  nghttp2_session* session = nullptr;
  const int failed = nghttp2_session_client_new(&session, callbacks, &exchange);
  nghttp2_session_callbacks_del(callbacks);
  return Session(failed == 0 ? session : nullptr);
}

nghttp2_nv header(std::string_view name, std::string_view value) {
  auto bytes = [](std::string_view text) { return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data())); };
  return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

bool submit(nghttp2_session* session, const std::string& method) {
  const std::array headers = {header(":method", "POST"),    header(":scheme", "http"),
                              header(":path", method),      header(":authority", "localhost"),
                              header("te", "trailers"),     header("content-type", "application/grpc"),
                              header("user-agent", "cleat")};
  nghttp2_data_provider body{};
  body.read_callback = nextOfRequest;
  return nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, nullptr, 0) == 0 &&
         nghttp2_submit_request(session, nullptr, headers.data(), headers.size(), &body, nullptr) > 0;
}

Result<Fd> connectTo(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return fail(Status::badRequest(concat("socket ", path, ": too long")));
  std::memcpy(address.sun_path, path.data(), path.size());
  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return fail(systemError("cannot make a socket", errno));
  // One that is not there, or whose driver is gone, answers at once; a full backlog takes its time, and has a limit.
  const timeval limit{.tv_sec = 5, .tv_usec = 0};
  setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return fail(systemError(concat("cannot connect to ", path), errno));
  }
  return socket;
}

// Sends what the session has to send. False when the connection has ended.
bool sendAll(nghttp2_session* session, int socket) {
  while (true) {
    const uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session, &bytes);
    if (size <= 0) return size == 0;
    for (ssize_t at = 0; at < size;) {
      const ssize_t sent = send(socket, bytes + at, static_cast<size_t>(size - at), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent <= 0) return false;
      at += sent;
    }
  }
}

enum class End : char { answered, broken, late, stopped };

// For how long, or until when.
struct Patience {
  std::optional<Duration> limit;
  int stopFd = -1;
};

End converse(nghttp2_session* session, int socket, Exchange& exchange, Patience patience) {
  const auto until = std::chrono::steady_clock::now() + patience.limit.value_or(Duration(0));
  std::array<uint8_t, 16384> buffer{};
  while (!exchange.isClosed) {
    if (!sendAll(session, socket)) return End::broken;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (patience.limit && left.count() <= 0) return End::late;
    std::array<pollfd, 2> waiting{{{socket, POLLIN, 0}, {patience.stopFd, POLLIN, 0}}};
    const int64_t most = patience.limit ? std::min<int64_t>(left.count(), 60000) : 60000;
    const int ready = poll(waiting.data(), waiting.size(), static_cast<int>(most));
    if (ready < 0 && errno != EINTR) return End::broken;
    if (ready <= 0) continue;
    if (waiting[1].revents != 0) return End::stopped;
    const ssize_t got = recv(socket, buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return End::broken;
    if (nghttp2_session_mem_recv(session, buffer.data(), static_cast<size_t>(got)) < 0) return End::broken;
  }
  return End::answered;
}

std::string framed(const std::string& message) {
  std::string framed(1, '\0');
  for (int shift = 24; shift >= 0; shift -= 8) framed += static_cast<char>(message.size() >> shift);
  return framed + message;
}

Result<std::string> messageIn(const std::string& answer) {
  const auto size = sizeOfMessage(answer);
  if (!size || answer.front() != 0) return fail(rpcError(13, "the answer is no message"));
  if (answer.size() != *size) return fail(rpcError(13, "the answer is not one message"));
  return answer.substr(kPrefix);
}

Result<End> exchangeAll(const std::string& socket, const std::string& method, Exchange& exchange, Patience patience) {
  auto connected = connectTo(socket);
  if (!connected) return fail(rpcError(14, connected.error().message));
  const Session session = open(exchange);
  if (!session || !submit(session.get(), method)) return fail(rpcError(13, "cannot begin the call"));
  const End end = converse(session.get(), connected->get(), exchange, patience);
  if (end == End::stopped) return end;
  if (exchange.isTooLarge) return fail(rpcError(8, "the answer is too large"));
  if (end == End::late) return fail(rpcError(4, "context deadline exceeded"));
  if (!exchange.status) {
    return fail(rpcError(14, exchange.httpStatus.empty() || exchange.httpStatus == "200"
                                 ? "the connection ended before the answer"
                                 : concat("unexpected HTTP status code ", exchange.httpStatus)));
  }
  if (*exchange.status != 0) return fail(rpcError(*exchange.status, exchange.message));
  return end;
}

}  // namespace

Result<std::string> grpcCall(const std::string& socket, const std::string& method, const std::string& request,
                             Duration limit) {
  Exchange exchange{.request = framed(request)};
  CLEAT_TRY(exchangeAll(socket, method, exchange, {.limit = limit}));
  return messageIn(exchange.answer);
}

Result<void> grpcWatch(const std::string& socket, const std::string& method, const std::string& request, int stopFd,
                       std::function<void(std::string_view message)> take) {
  Exchange exchange{.request = framed(request), .take = std::move(take)};
  CLEAT_TRY(exchangeAll(socket, method, exchange, {.limit = std::nullopt, .stopFd = stopFd}));
  return {};
}

}  // namespace cleat::grpc
