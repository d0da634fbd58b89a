// What the API sees of HTTP: a request that has been read, an Exchange through which it is answered, and the function that does so.
// How bytes travel (TLS, keep-alive, chunks) is the server's business (http_server.h); nothing else includes Asio or OpenSSL.
#pragma once

#include <cleat/sdk/status.h>
#include <cleat/sdk/task.h>

#include <coroutine>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/http/body.h"
#include "core/base/executor.h"

namespace cleat::http {

// Fields in the order they came, their names compared without regard to case. One buffer holds them all.
class Headers {
 public:
  void add(std::string_view name, std::string_view value);
  // The first of that name, or empty.
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const;
  std::vector<std::string_view> all(std::string_view name) const;
  size_t count() const { return fields_.size(); }
  std::pair<std::string_view, std::string_view> at(size_t index) const;
  // True if the comma-separated value of `name` has `token`, without regard to case.
  bool hasToken(std::string_view name, std::string_view token) const;
  void clear();

 private:
  struct Field {
    uint32_t name, nameSize, value, valueSize;
  };
  std::string text_;
  std::vector<Field> fields_;
};

bool equalIgnoringCase(std::string_view a, std::string_view b);

struct Request {
  std::string method;
  std::string target;  // as it came: path and query
  Headers headers;
  std::string body;
  std::string remoteAddress;

  std::string_view path() const;
  std::string_view query() const;  // without the question mark
};

struct ResponseHead {
  int status = 200;
  std::string contentType = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
};

struct Response {
  ResponseHead head;
  Body body;
};

// A connection's bytes without HTTP, as an upgrade leaves it. Used on the strand of the exchange that gave it.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  static constexpr ssize_t kEnd = 0, kFailed = -1, kAgain = -2;
  // How many bytes were read or taken, or one of the above. kAgain: ask once more when the callback below has run.
  virtual ssize_t readSome(char* to, size_t size) = 0;
  virtual ssize_t writeSome(const char* from, size_t size) = 0;
  // Calls `work` once, on the strand, when it is worth trying again, or when the stream was closed. Replaces an earlier one.
  virtual void whenReadable(base::Work work) = 0;
  virtual void whenWritable(base::Work work) = 0;
  // Tells the peer that nothing more will be written.
  virtual void finish() = 0;
  virtual void close() = 0;
};

// One request and its answer. Everything but `hop` and `strand` is called on the connection's strand, where the handler begins
// and where it must return to, with `co_await exchange.hop()`, after it waited for something that completes elsewhere.
class Exchange {
 public:
  virtual ~Exchange() = default;

  virtual const Request& request() const = 0;
  // The body may be moved away.
  virtual Request& mutableRequest() = 0;
  // DER, the caller's own first; not verified here.
  virtual const std::vector<std::string>& clientCertificates() const = 0;
  // Room for what the handler remembers about the connection.
  virtual std::shared_ptr<void>& connectionState() = 0;

  // The whole answer. Each of these gives false when the client has gone.
  virtual Completion<bool> send(Response response) = 0;
  // An answer in chunks, of unknown length. `write` completes when the socket has taken the bytes.
  virtual Completion<bool> begin(ResponseHead head) = 0;
  virtual Completion<bool> write(Body chunk) = 0;
  virtual Completion<bool> end() = 0;
  // A begun answer breaks off, so that the client does not take it for a whole one.
  virtual void abort() = 0;
  // While an answer is being streamed: called once, on the strand, when the client has gone or the server stops.
  virtual void onClosed(base::Work work) = 0;
  virtual bool closed() const = 0;
  // This request takes as long as it takes: the time limit on requests does not apply.
  virtual void setLongRunning() = 0;

  // Gives up HTTP: the stream, and in `unread` what was read of it already. The handler writes what comes next.
  virtual std::shared_ptr<ByteStream> takeOver(std::string& unread) = 0;

  virtual const std::shared_ptr<base::Strand>& strand() const = 0;

  // co_await exchange.hop(): goes on, on the strand; never at once on a thread that belongs to somebody else.
  auto hop() {
    struct Hop {
      base::Strand& strand;
      bool await_ready() const { return strand.runsHere(); }
      void await_suspend(std::coroutine_handle<> waiting) const {
        strand.post([waiting] { waiting.resume(); });
      }
      void await_resume() const {}
    };
    return Hop{*strand()};
  }
};

// The exchange lives until the task has ended.
using Handler = std::function<Task<void>(Exchange& exchange)>;

}  // namespace cleat::http
