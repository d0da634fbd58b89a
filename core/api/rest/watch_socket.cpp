#include "core/api/rest/watch_socket.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>

namespace cleat::api {
namespace {

constexpr const char* kAcceptSuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455, 1.3
constexpr uint8_t kText = 0x1, kBinary = 0x2, kClose = 0x8, kPing = 0x9, kPong = 0xA;
constexpr uint8_t kFinal = 0x80, kMasked = 0x80;
constexpr size_t kMaskSize = 4;
// Of what a client sends nothing is used; more than this at once is held against it.
constexpr uint64_t kMaxFrame = 1 << 20;

std::string acceptKey(std::string_view key) {
  std::string text(key);
  text += kAcceptSuffix;
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest;
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  std::array<unsigned char, 4 * ((SHA_DIGEST_LENGTH + 2) / 3) + 1> encoded;
  const int size = EVP_EncodeBlock(encoded.data(), digest.data(), digest.size());
  return {reinterpret_cast<const char*>(encoded.data()), static_cast<size_t>(size)};
}

std::string frameOf(uint8_t opcode, std::string_view payload) {
  std::string frame(1, static_cast<char>(kFinal | opcode));
  auto bigEndian = [&frame](uint64_t value, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) frame += static_cast<char>(value >> (8 * i));
  };
  if (payload.size() < 126) {
    bigEndian(payload.size(), 1);
  } else if (payload.size() <= 0xffff) {
    frame += static_cast<char>(126);
    bigEndian(payload.size(), 2);
  } else {
    frame += static_cast<char>(127);
    bigEndian(payload.size(), 8);
  }
  frame += payload;
  return frame;
}

}  // namespace

bool asksForWebSocket(const http::Request& request) {
  return request.headers.hasToken("Connection", "upgrade") && request.headers.hasToken("Upgrade", "websocket") &&
         request.headers.has("Sec-WebSocket-Key");
}

struct WatchSocket::Connection : std::enable_shared_from_this<Connection> {
  explicit Connection(const std::shared_ptr<base::Strand>& strand)
      : writable(std::make_shared<http::WakeSignal>(strand)) {}

  std::shared_ptr<http::ByteStream> stream;
  Framing framing = Framing::text;
  std::shared_ptr<http::WakeSignal> writable;
  std::string received;
  std::string pongs;  // what of them has not been written yet
  bool writing = false;
  base::Work closedWork;
  bool isClosed = false;

  void close() {
    if (std::exchange(isClosed, true)) return;
    writable->raise();
    if (base::Work work = std::move(closedWork)) work();
  }

  void read() {
    char buffer[2048];
    for (;;) {
      const ssize_t size = stream->readSome(buffer, sizeof buffer);
      if (size == http::ByteStream::kAgain) break;
      if (size <= 0) return close();
      received.append(buffer, static_cast<size_t>(size));
      if (!takeFrames()) return close();
    }
    stream->whenReadable([self = shared_from_this()] {
      if (!self->isClosed) self->read();
    });
  }

  // Takes whole frames out of what was received. False when the client closes, or says what is no frame.
  bool takeFrames() {
    for (;;) {
      if (received.size() < 2) return true;
      const uint8_t opcode = static_cast<uint8_t>(received[0]) & 0x0f;
      const uint8_t second = static_cast<uint8_t>(received[1]);
      uint64_t size = second & 0x7f;
      const size_t lengthBytes = size == 126 ? 2 : size == 127 ? 8 : 0;
      size_t head = 2 + lengthBytes + kMaskSize;
      if (!(second & kMasked) || opcode == kClose) return false;
      if (received.size() < head) return true;
      if (lengthBytes > 0) size = 0;
      for (size_t i = 0; i < lengthBytes; ++i) size = size << 8 | static_cast<uint8_t>(received[2 + i]);
      if (size > kMaxFrame) return false;
      if (received.size() < head + size) return true;
      if (opcode == kPing && size < 126) answerPing(head, size);
      received.erase(0, head + size);
    }
  }

  void answerPing(size_t head, uint64_t size) {
    std::string payload = received.substr(head, size);
    for (size_t i = 0; i < payload.size(); ++i) payload[i] ^= received[head - kMaskSize + i % kMaskSize];
    pongs += frameOf(kPong, payload);
    // While a message is being written, its rest comes first.
    if (writing) return;
    const ssize_t took = stream->writeSome(pongs.data(), pongs.size());
    if (took > 0) pongs.erase(0, static_cast<size_t>(took));
  }

  Task<bool> write(std::string bytes) {
    bytes.insert(0, std::exchange(pongs, {}));
    std::string_view rest = bytes;
    writing = true;
    while (!rest.empty() && !isClosed) {
      const ssize_t took = stream->writeSome(rest.data(), rest.size());
      if (took == http::ByteStream::kAgain) {
        std::shared_ptr<http::WakeSignal> wake = writable;
        stream->whenWritable([wake] { wake->raise(); });
        co_await wake->wait();
        continue;
      }
      if (took <= 0) {
        close();
        break;
      }
      rest.remove_prefix(static_cast<size_t>(took));
    }
    writing = false;
    co_return !isClosed;
  }
};

Task<std::unique_ptr<WatchSocket>> WatchSocket::open(http::Exchange& exchange, Framing framing) {
  const http::Headers& asked = exchange.request().headers;
  http::Headers fields;
  fields.add("Connection", "Upgrade");
  fields.add("Upgrade", "websocket");
  fields.add("Sec-WebSocket-Accept", acceptKey(asked.get("Sec-WebSocket-Key")));
  const std::string_view protocol = asked.get("Sec-WebSocket-Protocol");
  if (!protocol.empty() && protocol.find(',') == std::string_view::npos) fields.add("Sec-WebSocket-Protocol", protocol);
  auto connection = std::make_shared<Connection>(exchange.strand());
  connection->stream = co_await exchange.upgrade(std::move(fields));
  if (!connection->stream) co_return nullptr;
  connection->framing = framing;
  connection->read();
  co_return std::unique_ptr<WatchSocket>(new WatchSocket(std::move(connection)));
}

WatchSocket::~WatchSocket() {
  connection_->closedWork = nullptr;
  connection_->isClosed = true;
  connection_->stream->close();
}

Task<bool> WatchSocket::send(std::string message) {
  const uint8_t opcode = connection_->framing == Framing::text ? kText : kBinary;
  std::string frame = frameOf(opcode, message);
  co_return co_await connection_->write(std::move(frame));
}

Task<void> WatchSocket::end() {
  constexpr std::string_view kNormal("\x03\xe8", 2);  // 1000
  std::string frame = frameOf(kClose, kNormal);
  (void)co_await connection_->write(std::move(frame));
}

bool WatchSocket::closed() const { return connection_->isClosed; }

void WatchSocket::onClosed(base::Work work) {
  if (connection_->isClosed) return work();
  connection_->closedWork = std::move(work);
}

}  // namespace cleat::api
