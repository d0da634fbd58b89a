#include "tests/bench/load/connection.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <stdexcept>

namespace cleat::bench {
namespace {

constexpr std::size_t kReadAhead = 256 * 1024;
thread_local std::array<char, 64 * 1024> buffer;

constexpr std::size_t kMostOfRefusal = 2048;

// The value of a header of `head`, whose letters are small.
std::string_view valueOf(std::string_view head, std::string_view name) {
  std::size_t at = head.find(name);
  if (at == std::string_view::npos) return {};
  std::string_view value = head.substr(at + name.size());
  value = value.substr(0, value.find("\r\n"));
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  return value;
}

std::uint64_t numberIn(std::string_view text, int base) {
  std::uint64_t number = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), number, base).ec != std::errc{}) {
    throw std::runtime_error("not a length: " + std::string(text));
  }
  return number;
}

void await(int descriptor, short events) {
  pollfd waiting{descriptor, events, 0};
  if (poll(&waiting, 1, -1) < 0 && errno != EINTR) failSystem("waiting for a socket");
}

}  // namespace

void failTls(std::string_view doing) {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  throw std::runtime_error(std::string(doing) + ": " + text.data());
}

void failSystem(std::string_view doing) { throw std::runtime_error(std::string(doing) + ": " + std::strerror(errno)); }

TlsContext clientContext(const std::string& authority) {
  TlsContext context(SSL_CTX_new(TLS_client_method()));
  if (!context) failTls("making a TLS context");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION);
  SSL_CTX_set_ciphersuites(context.get(), "TLS_AES_128_GCM_SHA256");
  SSL_CTX_set_read_ahead(context.get(), 1);
  SSL_CTX_set_default_read_buffer_len(context.get(), kReadAhead);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_ENABLE_PARTIAL_WRITE);
  if (authority.empty()) return context;
  if (SSL_CTX_load_verify_locations(context.get(), authority.c_str(), nullptr) != 1) failTls("reading " + authority);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  return context;
}

void Answer::begin() {
  state_ = State::head;
  status_ = 0;
  bodyBytes_ = 0;
  chunked_ = false;
  text_.clear();
  refusal_.clear();
}

void Answer::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    switch (state_) {
      case State::head: takeHead(bytes); break;
      case State::content:
      case State::chunk: takeContent(bytes); break;
      case State::chunkSize:
      case State::chunkEnd:
      case State::trailer: takeLine(bytes); break;
      case State::complete: throw std::runtime_error("the server said more than it was asked");
    }
  }
}

void Answer::takeHead(std::string_view& bytes) {
  std::size_t before = text_.size();
  text_ += bytes;
  std::size_t end = text_.find("\r\n\r\n");
  if (end == std::string::npos) {
    bytes = {};
    return;
  }
  bytes.remove_prefix(end + 4 - before);
  text_.resize(end + 2);
  std::transform(text_.begin(), text_.end(), text_.begin(), [](unsigned char letter) { return std::tolower(letter); });
  if (!text_.starts_with("http/1.1 ")) throw std::runtime_error("not an answer: " + text_);
  status_ = static_cast<int>(numberIn(std::string_view(text_).substr(9, 3), 10));
  chunked_ = valueOf(text_, "\r\ntransfer-encoding:") == "chunked";
  if (chunked_) {
    state_ = State::chunkSize;
  } else {
    // What has not been modified has no body and need not say so (RFC 9110, section 15.4.5).
    remaining_ = status_ == 304 ? 0 : numberIn(valueOf(text_, "\r\ncontent-length:"), 10);
    state_ = remaining_ == 0 ? State::complete : State::content;
  }
  text_.clear();
}

void Answer::takeContent(std::string_view& bytes) {
  std::string_view piece = bytes.substr(0, std::min<std::uint64_t>(remaining_, bytes.size()));
  bytes.remove_prefix(piece.size());
  remaining_ -= piece.size();
  bodyBytes_ += piece.size();
  if (status_ >= 300 && refusal_.size() < kMostOfRefusal) refusal_ += piece;
  if (onBody) onBody(piece);
  if (remaining_ == 0) state_ = chunked_ ? State::chunkEnd : State::complete;
}

void Answer::takeLine(std::string_view& bytes) {
  std::size_t end = bytes.find('\n');
  text_ += bytes.substr(0, end);
  bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
  if (end != std::string_view::npos) endLine();
}

void Answer::endLine() {
  if (text_.ends_with('\r')) text_.pop_back();
  if (state_ == State::chunkEnd) {
    state_ = State::chunkSize;
  } else if (state_ == State::chunkSize) {
    remaining_ = numberIn(text_, 16);
    state_ = remaining_ == 0 ? State::trailer : State::chunk;
  } else if (text_.empty()) {
    state_ = State::complete;
  }
  text_.clear();
}

Connection::Connection(SSL_CTX* context, const Server& server)
    : descriptor_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), tls_(SSL_new(context)) {
  if (descriptor_ < 0) failSystem("making a socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(server.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) failSystem("connecting");
  int yes = 1;
  setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
  if (!tls_ || SSL_set_fd(tls_.get(), descriptor_) != 1) failTls("making a connection");
  if (SSL_connect(tls_.get()) != 1) failTls("shaking hands");
  if (fcntl(descriptor_, F_SETFL, O_NONBLOCK) != 0) failSystem("making a socket not wait");
}

Connection::~Connection() {
  tls_.reset();
  if (descriptor_ >= 0) close(descriptor_);
}

void Connection::send(std::string_view request) {
  answer_.begin();
  while (!request.empty()) {
    int written = SSL_write(tls_.get(), request.data(), static_cast<int>(request.size()));
    if (written > 0) {
      request.remove_prefix(static_cast<std::size_t>(written));
    } else if (SSL_get_error(tls_.get(), written) == SSL_ERROR_WANT_WRITE) {
      await(descriptor_, POLLOUT);
    } else {
      failTls("sending a request");
    }
  }
}

void Connection::receive() {
  // Whether the socket has more, the next look at all sockets tells as well, and for less.
  bool hasMore = true;
  while (hasMore) {
    int read = SSL_read(tls_.get(), buffer.data(), buffer.size());
    hasMore = SSL_has_pending(tls_.get()) == 1;
    if (read > 0) {
      answer_.feed({buffer.data(), static_cast<std::size_t>(read)});
    } else if (SSL_get_error(tls_.get(), read) == SSL_ERROR_WANT_READ) {
      return;
    } else if (SSL_get_error(tls_.get(), read) == SSL_ERROR_ZERO_RETURN) {
      throw std::runtime_error("the server has closed a connection");
    } else {
      failTls("reading an answer");
    }
  }
}

std::uint64_t Connection::receiveRaw() {
  for (;;) {
    int read = SSL_read(tls_.get(), buffer.data(), buffer.size());
    if (read > 0) return static_cast<std::uint64_t>(read);
    if (SSL_get_error(tls_.get(), read) != SSL_ERROR_WANT_READ) return 0;
    await(descriptor_, POLLIN);
  }
}

}  // namespace cleat::bench
