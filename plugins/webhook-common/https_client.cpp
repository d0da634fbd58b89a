#include "webhook-common/https_client.h"

#include <cleat/sdk/host_port.h>
#include <cleat/sdk/mutex.h>
#include <cleat/sdk/text.h>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "asio-common/io_context.h"
#include "webhook-common/connections.h"
#include "webhook-common/short_wait.h"
#include "webhook-common/trust.h"
#include "webhook-common/wire.h"

namespace cleat::webhook {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;
using ErrorCode = boost::system::error_code;

constexpr uint32_t kMostHeader = 64 * 1024;
constexpr std::string_view kDeadline = "context deadline exceeded";

// "Connection refused" as Go words it.
std::string lowered(std::string message) {
  if (!message.empty() && message[0] >= 'A' && message[0] <= 'Z') message[0] = static_cast<char>(message[0] | 0x20);
  return message;
}

}  // namespace

struct HttpsClient::Impl {
  HttpsLimits limits;
  IoThread io;
  Connections connections{limits.mostAtOnce, limits.mostKept};
  ShortWaits shortWaits{limits.longestWaitHere};
  TrustCache trust;  // on the thread alone
};

namespace {

std::string textOf(const HttpsRequest& request, bool isPost) {
  std::string text;
  text.reserve(request.body.size() + 512);
  text += concat(isPost ? "POST " : "GET ", request.target, " HTTP/1.1\r\nHost: ", request.authority, "\r\n");
  if (isPost) text += concat("Content-Type: application/json\r\nContent-Length: ", request.body.size(), "\r\n");
  text += "Accept: application/json, */*\r\nUser-Agent: cleat\r\n";
  if (!request.authorization.empty()) text += concat("Authorization: ", request.authorization, "\r\n");
  for (const auto& [name, value] : request.headers) text += concat(name, ": ", value, "\r\n");
  text += "\r\n";
  text += request.body;
  return text;
}

// Calls with one of these have the same peer and may take each other's connections.
std::string serverOf(const HttpsRequest& request) {
  return concat(request.plain ? "http " : "", request.host, ' ', request.port, ' ', request.serverName, ' ',
                request.trust, ' ', request.certificate, ' ', request.trustsAnybody);
}

// One call, from connecting to the answer. Lives in the handlers of what it waits for. On a connection that was kept
// the request goes out at once, on the thread of whoever calls, and the answer is read there too where it comes at
// once; all else happens on the network's thread.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(HttpsClient::Impl& client, HttpsRequest request, bool isPost, std::function<void(HttpsAnswer)> done)
      : client_(client), io_(client.io.impl().context), request_(std::move(request)), text_(textOf(request_, isPost)),
        server_(serverOf(request_)), limit_(io_), done_(std::move(done)) {}

  // The answer where it is there already; otherwise `done` is called with it, on the network's thread.
  std::optional<HttpsAnswer> begin(Duration timeout) {
    MutexLock lock(mutex_);
    isBeginning_ = true;
    const Clock::time_point now = Clock::now();
    deadline_ = now + timeout;
    if (client_.connections.enter(server_)) {
      takePlace();
      if (isKept_ && !request_.othersFollow)
        hereUntil_ = now + std::min<Duration>(client_.shortWaits.allowed(now, connection_->lastTook), timeout);
      start();
    } else {
      waitForPlace();
    }
    isBeginning_ = false;
    return std::exchange(early_, std::nullopt);
  }

 private:
  using Step = void (Exchange::*)();
  using Clock = ShortWaits::Clock;

  void takePlace() CLEAT_REQUIRES(mutex_) {
    entered_ = true;
    connection_ = client_.connections.take(server_);
    isKept_ = connection_ != nullptr;
  }
  void start() CLEAT_REQUIRES(mutex_) { isKept_ ? send() : connectAnew(); }

  // Until one of the calls that are under way has ended, or the time of this one has.
  void waitForPlace() CLEAT_REQUIRES(mutex_) {
    goElsewhere();
    auto turn = [self = shared_from_this()] {
      self->client_.io.post([self] {
        MutexLock lock(self->mutex_);
        if (self->ended()) return self->client_.connections.leave(self->server_);
        self->takePlace();
        self->start();
      });
    };
    if (!client_.connections.enterInTurn(server_, this, std::move(turn))) return;
    takePlace();
    start();
  }

  // Whoever goes on elsewhere does so until then.
  void setLimit() CLEAT_REQUIRES(mutex_) {
    if (std::exchange(isLimited_, true)) return;
    limit_.expires_at(deadline_);
    limit_.async_wait([self = shared_from_this()](ErrorCode error) {
      MutexLock lock(self->mutex_);
      if (!error) self->fail(std::string(kDeadline));
    });
  }

  void connectAnew() CLEAT_REQUIRES(mutex_) {
    connection_.reset();
    isKept_ = false;
    goElsewhere();
    client_.io.post([self = shared_from_this()] {
      MutexLock lock(self->mutex_);
      if (!self->ended()) self->resolve();
    });
  }

  void resolve() CLEAT_REQUIRES(mutex_) {
    ErrorCode notAnAddress;
    auto address = asio::ip::make_address(request_.host, notAnAddress);
    if (!notAnAddress) return connect({tcp::endpoint(address, request_.port)});
    resolver_.emplace(io_);
    resolver_->async_resolve(request_.host, std::to_string(request_.port),
                             [self = shared_from_this()](ErrorCode error, const tcp::resolver::results_type& found) {
                               MutexLock lock(self->mutex_);
                               if (self->ended()) return;
                               if (error) {
                                 return self->fail(concat("dial tcp: lookup ", self->request_.host, ": no such host"));
                               }
                               std::vector<tcp::endpoint> endpoints;
                               for (const auto& entry : found) endpoints.push_back(entry.endpoint());
                               self->connect(std::move(endpoints));
                             });
  }

  void connect(std::vector<tcp::endpoint> endpoints) CLEAT_REQUIRES(mutex_) {
    std::string why;
    auto context = client_.trust.contextFor({request_.trust, request_.certificate, request_.key}, why);
    if (!context) return fail(std::move(why));
    if (request_.plain) context = nullptr;
    connection_ = std::make_shared<Connection>(io_);
    endpoints_ = std::move(endpoints);
    asio::async_connect(connection_->wire.socket(), endpoints_,
                        [self = shared_from_this(), context](ErrorCode error, const tcp::endpoint&) {
                          MutexLock lock(self->mutex_);
                          if (self->ended()) return;
                          if (error) {
                            return self->fail(concat("dial tcp ", hostPort(self->request_.host, self->request_.port),
                                                     ": connect: ", lowered(error.message())));
                          }
                          self->connection_->wire.begin(context);
                          context ? self->greet() : self->send();
                        });
  }

  void greet() CLEAT_REQUIRES(mutex_) {
    SSL* tls = connection_->wire.tls();
    request_.trustsAnybody ? acceptAnybody(tls) : expectServer(tls, request_.serverName);
    shake();
  }

  void shake() CLEAT_REQUIRES(mutex_) {
    const Wire::Progress progress = connection_->wire.shake();
    if (progress.waits()) return waitFor(progress, &Exchange::shake);
    if (progress.state == Wire::Progress::State::done) return send();
    const bool isOfTls = progress.error.category() == asio::error::get_ssl_category();
    fail(handshakeError(connection_->wire.tls(), request_.serverName, isOfTls ? progress.error.value() : 0));
  }

  void send() CLEAT_REQUIRES(mutex_) {
    sent_ = 0;
    parser_.emplace();
    parser_->eager(true);
    parser_->body_limit(client_.limits.mostBody);
    parser_->header_limit(kMostHeader);
    write();
  }

  void write() CLEAT_REQUIRES(mutex_) {
    while (sent_ < text_.size()) {
      const Wire::Progress progress = connection_->wire.write(std::string_view(text_).substr(sent_));
      if (progress.waits()) return waitFor(progress, &Exchange::write);
      if (progress.state != Wire::Progress::State::done) return failInCall(progress.error);
      sent_ += progress.size;
    }
    sentAt_ = Clock::now();
    const Wire::Progress answer{.state = Wire::Progress::State::wantsRead};
    isThereSoon(answer) ? read() : waitFor(answer, &Exchange::read);
  }

  void read() CLEAT_REQUIRES(mutex_) {
    constexpr size_t kAtOnce = 16 * 1024;
    auto& buffer = connection_->buffer;
    while (!parser_->is_done()) {
      const Wire::Progress progress = connection_->wire.read(buffer.prepare(kAtOnce).data(), kAtOnce);
      if (progress.waits()) {
        if (isThereSoon(progress)) continue;
        return waitFor(progress, &Exchange::read);
      }
      ErrorCode error = progress.error;
      if (progress.state == Wire::Progress::State::done) {
        buffer.commit(progress.size);
        buffer.consume(parser_->put(buffer.data(), error));
        if (error == http::error::need_more) error = {};
        if (!error && !parser_->is_done() && isLateHere()) return readElsewhere();
      } else if (progress.state == Wire::Progress::State::ended) {
        // Of an answer that does not say how long it is, the end.
        parser_->got_some() ? parser_->put_eof(error) : void(error = http::error::end_of_stream);
      }
      if (error) return failInCall(error);
    }
    finish();
  }

  // Waits for it here while that is allowed; whether it is there.
  bool isThereSoon(const Wire::Progress& progress) CLEAT_REQUIRES(mutex_) {
    const Clock::time_point began = Clock::now();
    if (began >= hereUntil_) return false;
    connection_->wire.part();
    const bool isThere = connection_->wire.waitHere(progress, hereUntil_ - began);
    client_.shortWaits.spend(Clock::now() - began);
    return isThere;
  }

  // An answer without end is not for the thread of whoever has asked.
  bool isLateHere() const CLEAT_REQUIRES(mutex_) { return isBeginning_ && Clock::now() >= hereUntil_; }
  // TLS may hold what the socket has no more.
  void readElsewhere() CLEAT_REQUIRES(mutex_) {
    goElsewhere();
    client_.io.post([self = shared_from_this()] {
      MutexLock lock(self->mutex_);
      if (!self->ended()) self->read();
    });
  }
  void goElsewhere() CLEAT_REQUIRES(mutex_) {
    hereUntil_ = {};
    setLimit();
  }

  void waitFor(const Wire::Progress& progress, Step next) CLEAT_REQUIRES(mutex_) {
    goElsewhere();
    if (ErrorCode failed = connection_->wire.join(); failed) return fail(lowered(failed.message()));
    connection_->wire.socket().async_wait(progress.readiness(), [self = shared_from_this(), next](ErrorCode error) {
      MutexLock lock(self->mutex_);
      if (self->ended()) return;
      error ? self->failInCall(error) : self->take(next);
    });
  }
  // What a step needs, which the analysis cannot see through the pointer.
  void take(Step next) CLEAT_REQUIRES(mutex_) { (this->*next)(); }

  // One that was kept may have been closed in the meantime, which is no failure of the call.
  void failInCall(ErrorCode error) CLEAT_REQUIRES(mutex_) {
    if (isKept_ && !parser_->got_some()) return connectAnew();
    if (error == http::error::body_limit) {
      return fail(concat("the answer is longer than ", client_.limits.mostBody, " bytes"));
    }
    if (!error || error == http::error::end_of_stream || error == asio::ssl::error::stream_truncated) {
      return fail("EOF");
    }
    fail(lowered(error.message()));
  }

  void finish() CLEAT_REQUIRES(mutex_) {
    HttpsAnswer answer{{}, static_cast<int>(parser_->get().result_int()), std::move(parser_->get().body())};
    connection_->lastTook = Clock::now() - sentAt_;
    if (parser_->keep_alive() && connection_->buffer.size() == 0 && !connection_->wire.holdsMore()) {
      client_.connections.keep(server_, std::exchange(connection_, nullptr));
    }
    end(std::move(answer));
  }

  void fail(std::string why) CLEAT_REQUIRES(mutex_) { end({std::move(why)}); }

  bool ended() const CLEAT_REQUIRES(mutex_) { return !done_; }
  void end(HttpsAnswer answer) CLEAT_REQUIRES(mutex_) {
    if (ended()) return;
    if (isLimited_) limit_.cancel();
    if (resolver_) resolver_->cancel();
    // What is under way on it ends then, and finds that this has ended.
    if (connection_) connection_->wire.close();
    entered_ ? client_.connections.leave(server_) : client_.connections.stopWaiting(server_, this);
    const auto done = std::exchange(done_, nullptr);
    if (isBeginning_) {
      early_ = std::move(answer);
    } else {
      done(std::move(answer));
    }
  }

  HttpsClient::Impl& client_;
  asio::io_context& io_;
  const HttpsRequest request_;
  const std::string text_;    // that is sent
  const std::string server_;  // whose connections it may take
  Mutex mutex_;               // held while anything is done, but for what does not change
  asio::steady_timer limit_ CLEAT_GUARDED_BY(mutex_);
  bool isLimited_ CLEAT_GUARDED_BY(mutex_) = false;  // the timer is set
  Clock::time_point deadline_ CLEAT_GUARDED_BY(mutex_), sentAt_ CLEAT_GUARDED_BY(mutex_);
  Clock::time_point hereUntil_ CLEAT_GUARDED_BY(mutex_);  // how long it may wait where it was begun
  bool isBeginning_ CLEAT_GUARDED_BY(mutex_) = false;
  std::optional<HttpsAnswer> early_ CLEAT_GUARDED_BY(mutex_);  // that came before `begin` has returned
  std::optional<tcp::resolver> resolver_ CLEAT_GUARDED_BY(mutex_);
  bool entered_ CLEAT_GUARDED_BY(mutex_) = false;
  std::function<void(HttpsAnswer)> done_ CLEAT_GUARDED_BY(mutex_);
  std::vector<tcp::endpoint> endpoints_ CLEAT_GUARDED_BY(mutex_);
  ConnectionPtr connection_ CLEAT_GUARDED_BY(mutex_);
  bool isKept_ CLEAT_GUARDED_BY(mutex_) = false;
  size_t sent_ CLEAT_GUARDED_BY(mutex_) = 0;
  std::optional<http::response_parser<http::string_body>> parser_ CLEAT_GUARDED_BY(mutex_);
};

}  // namespace

HttpsClient::HttpsClient(Context& context, HttpsLimits limits)
    : context_(context), impl_(std::make_unique<Impl>(limits)) {}
HttpsClient::~HttpsClient() { stop(); }
void HttpsClient::stop() { impl_->io.stop(); }

Task<HttpsAnswer> HttpsClient::post(HttpsRequest request, Duration timeout) {
  return send(std::move(request), true, timeout);
}
Task<HttpsAnswer> HttpsClient::get(HttpsRequest request, Duration timeout) {
  return send(std::move(request), false, timeout);
}

Task<HttpsAnswer> HttpsClient::send(HttpsRequest request, bool isPost, Duration timeout) {
  Completion<HttpsAnswer> answered;
  std::function<void(HttpsAnswer)> done = [&context = context_, answered](HttpsAnswer answer) {
    context.post([answered, answer = std::move(answer)]() mutable { answered.complete(std::move(answer)); });
  };
  const auto exchange = std::make_shared<Exchange>(*impl_, std::move(request), isPost, std::move(done));
  if (std::optional<HttpsAnswer> early = exchange->begin(timeout)) co_return *std::move(early);
  co_return co_await answered;
}

}  // namespace cleat::webhook
