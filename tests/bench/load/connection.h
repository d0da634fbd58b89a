// A client's kept connection: HTTP/1.1 over TLS, one request at a time, made to cost as little as a client can.
//
//   Connection connection(tls, server);        connects and shakes hands, waiting
//   connection.send(request);                  waits only while the socket is full
//   ...                                        until the descriptor is readable:
//   connection.receive();                      what has come; answer().complete() says whether it was the last of
//   it
//
// Whatever fails throws std::runtime_error with what was being done: a measurement goes on with nothing that failed.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace cleat::bench {

template <auto release>
struct Releaser {
  template <typename T>
  void operator()(T* held) const {
    release(held);
  }
};
using TlsContext = std::unique_ptr<SSL_CTX, Releaser<SSL_CTX_free>>;
using Tls = std::unique_ptr<SSL, Releaser<SSL_free>>;

// Where the server is, and who asks.
struct Server {
  std::uint16_t port = 0;
  std::string token;
};

// TLS 1.3 with AES-128-GCM, which Go's clients and servers agree on, so that every server does the same work. Trusts
// what is signed by the authority in the file `authority`, and whoever answers when that is empty.
TlsContext clientContext(const std::string& authority);

// What fails inside OpenSSL, with OpenSSL's own words.
[[noreturn]] void failTls(std::string_view doing);
[[noreturn]] void failSystem(std::string_view doing);

// An answer as it arrives: its status, and its body as pieces.
class Answer {
 public:
  // Is given each piece of a body as it comes. Without one they are only counted.
  std::function<void(std::string_view)> onBody;

  void begin();
  void feed(std::string_view bytes);
  bool complete() const { return state_ == State::complete; }
  int status() const { return status_; }
  std::uint64_t bodyBytes() const { return bodyBytes_; }
  // Of a refusal, what the server says about it.
  const std::string& refusal() const { return refusal_; }

 private:
  enum class State { head, content, chunkSize, chunk, chunkEnd, trailer, complete };

  void takeHead(std::string_view& bytes);
  void takeContent(std::string_view& bytes);
  void takeLine(std::string_view& bytes);
  void endLine();

  State state_ = State::complete;
  int status_ = 0;
  bool chunked_ = false;
  std::uint64_t remaining_ = 0;
  std::uint64_t bodyBytes_ = 0;
  std::string text_;  // the head, or a line between chunks, as far as it has come
  std::string refusal_;
};

class Connection {
 public:
  Connection(SSL_CTX* context, const Server& server);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int descriptor() const { return descriptor_; }
  void send(std::string_view request);
  // Takes what has come; the descriptor stays readable while there is more.
  void receive();
  // Waits for whatever comes and says how many bytes it was, without a look at it: 0 at the end.
  std::uint64_t receiveRaw();
  Answer& answer() { return answer_; }

 private:
  int descriptor_;
  Tls tls_;
  Answer answer_;
};

}  // namespace cleat::bench
