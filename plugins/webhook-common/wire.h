// Wire: a TCP connection's bytes, through TLS or plain, that never blocks. It drives OpenSSL on the socket itself and
// says what to wait for; whoever has it waits, by Asio or where it is, and tries again. One thread at a time, any.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include <chrono>
#include <memory>
#include <string_view>

namespace cleat::webhook {

class Wire {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  struct Progress {
    enum class State { done, wantsRead, wantsWrite, ended, failed };
    State state = State::done;
    size_t size = 0;                       // of what was read or written
    boost::system::error_code error = {};  // of one that failed; of TLS: what handshakeError explains

    bool waits() const { return state == State::wantsRead || state == State::wantsWrite; }
    Socket::wait_type readiness() const { return state == State::wantsWrite ? Socket::wait_write : Socket::wait_read; }
  };

  explicit Wire(boost::asio::io_context& io) : socket_(io) {}
  ~Wire() { close(); }
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  // What Asio waits by; not while it is apart.
  Socket& socket() { return socket_; }
  SSL* tls() const { return tls_.get(); }

  // It is connected: nothing blocks from here on. With a context everything goes through TLS, once hands were shaken.
  void begin(std::shared_ptr<boost::asio::ssl::context> context);
  Progress shake();
  // What there is, at least one byte.
  Progress read(void* into, size_t size);
  Progress write(std::string_view bytes);
  // Whether something was read from the socket that nobody has asked for yet.
  bool holdsMore() const { return tls_ && SSL_pending(tls_.get()) > 0; }

  // From here on what comes wakes no thread of Asio's, until `join`; nothing waits by Asio.
  void part();
  boost::system::error_code join();
  // Waits where it is, at most so long; false when that has passed. While it is apart.
  bool waitHere(const Progress& progress, std::chrono::nanoseconds most) const;

  void close();

 private:
  struct FreeTls {
    void operator()(SSL* tls) const { SSL_free(tls); }
  };
  Progress ofTls(int result, size_t size) const;
  static Progress ofSystem(ssize_t result, Progress::State wants);

  Socket socket_;
  int descriptor_ = -1;  // since it has begun, and until it is closed
  boost::asio::ip::tcp protocol_ = boost::asio::ip::tcp::v4();
  bool apart_ = false;
  std::shared_ptr<boost::asio::ssl::context> context_;
  std::unique_ptr<SSL, FreeTls> tls_;
};

}  // namespace cleat::webhook
