#include "core/http/https_client.h"

#include <cleat/sdk/mutex.h>

#include <deque>

#include "core/http/deadline.h"
#include "core/http/dial.h"
#include "core/http/https_url.h"
#include "core/http/response_reader.h"

namespace cleat::http {
namespace {

constexpr MessageLimits kLimits{.headBytes = 64u << 10, .bodyBytes = UINT64_MAX};
constexpr const char* const kConnecting = "connecting to";
constexpr const char* const kSending = "sending to";
constexpr const char* const kReading = "reading from";

struct Connection {
  std::shared_ptr<base::Strand> strand;
  std::shared_ptr<TlsContext> tls;
  std::shared_ptr<SocketStream> stream;  // null: not connected yet
  bool wasUsed = false;
};

// What all exchanges of a client share; it outlives the client while one is under way.
struct Shared {
  Shared(base::AsioExecutor& onExecutor, HttpClientOptions with, HttpsUrl to)
      : executor(onExecutor), options(std::move(with)), url(std::move(to)) {}

  base::AsioExecutor& executor;
  const HttpClientOptions options;
  const HttpsUrl url;

  Mutex mutex;
  std::shared_ptr<TlsContext> tls CLEAT_GUARDED_BY(mutex);
  std::string authorization CLEAT_GUARDED_BY(mutex);  // the header's value
  std::deque<Connection> idle CLEAT_GUARDED_BY(mutex);

  // One that is there already, or one that is still to be connected.
  Connection take() {
    std::deque<Connection> stale;  // goes away without the lock
    MutexLock lock(mutex);
    while (!idle.empty()) {
      Connection connection = std::move(idle.back());
      idle.pop_back();
      if (connection.tls == tls && connection.stream->isQuiet()) return connection;
      stale.push_back(std::move(connection));
    }
    return {executor.makeStrand(), tls, nullptr};
  }
  std::string authorizationNow() {
    MutexLock lock(mutex);
    return authorization;
  }
  void keep(Connection connection) {
    connection.wasUsed = true;
    MutexLock lock(mutex);
    if (connection.tls == tls && idle.size() < options.idleConnections) idle.push_back(std::move(connection));
  }
};

class HttpsExchange final : public ClientExchange, public std::enable_shared_from_this<HttpsExchange> {
 public:
  HttpsExchange(std::shared_ptr<Shared> shared, ClientRequest request, std::shared_ptr<ResponseReceiver> receiver)
      : shared_(std::move(shared)), request_(std::move(request)), receiver_(std::move(receiver)),
        connection_(shared_->take()), strand_(connection_.strand) {}

  void begin() {
    deadline_ = Deadline::make(shared_->executor, strand_, [weak = weak_from_this()] {
      auto self = weak.lock();
      if (!self) return;
      self->late_ = true;
      self->cutoff_->cut();
    });
    strand_->post([self = shared_from_this()] { spawn(run(self)); });
  }

  void cancel() override {
    strand_->post([self = shared_from_this()] {
      if (!self->receiver_) return;  // ended; the connection may be somebody else's by now
      self->cancelled_ = true;
      self->cutoff_->cut();
    });
  }

 private:
  static Task<void> run(std::shared_ptr<HttpsExchange> self);
  Task<Result<void>> attempt();
  Task<Result<void>> readResponse();
  std::string requestText() const;
  bool mayTryAgain() const;
  void deliver(ResponseReader& response);
  void end(const Result<void>& outcome);
  Status statusOf(const Status& failure) const;

  const std::shared_ptr<Shared> shared_;
  const ClientRequest request_;
  std::shared_ptr<ResponseReceiver> receiver_;
  Connection connection_;
  const std::shared_ptr<base::Strand> strand_;
  const std::shared_ptr<Cutoff> cutoff_ = std::make_shared<Cutoff>();
  // A whole exchange has one deadline, an endless one has one for each step.
  std::shared_ptr<Deadline> deadline_;
  const char* doing_ = kConnecting;
  bool cancelled_ = false, late_ = false;
  bool gotHead_ = false;
  bool keepAlive_ = false;
};

Task<void> HttpsExchange::run(std::shared_ptr<HttpsExchange> self) {
  Result<void> outcome = co_await self->attempt();
  if (!outcome && self->mayTryAgain()) {
    self->connection_.stream = nullptr;
    self->connection_.wasUsed = false;
    outcome = co_await self->attempt();
  }
  self->end(outcome);
}

// A kept connection may have been closed by the server just as we began to use it. What it cannot have acted on is sent
// again.
bool HttpsExchange::mayTryAgain() const {
  return connection_.wasUsed && !gotHead_ && !cancelled_ && !late_ && (request_.method == "GET" || doing_ == kSending);
}

Task<Result<void>> HttpsExchange::attempt() {
  if (!connection_.stream) {
    doing_ = kConnecting;
    DialOptions options;
    options.host = shared_->url.host;
    options.port = static_cast<uint16_t>(std::stoul(shared_->url.port));
    options.tls = connection_.tls;
    options.serverName = shared_->options.serverName;
    options.timeLimit = shared_->options.connectTimeout;
    options.cutoff = cutoff_;
    CLEAT_CO_TRY(std::shared_ptr<SocketStream> stream, co_await dial(shared_->executor, strand_, std::move(options)));
    connection_.stream = std::move(stream);
  }
  cutoff_->attach(connection_.stream);
  deadline_->set(request_.timeout);
  doing_ = kSending;
  bool sent = co_await connection_.stream->writeAll(requestText());
  if (!sent) co_return fail(Status::unavailable(connection_.stream->failure()));
  co_return co_await readResponse();
}

std::string HttpsExchange::requestText() const {
  const HttpsUrl& url = shared_->url;
  std::string text = request_.method + " " + url.path + request_.target + " HTTP/1.1\r\nHost: " + url.authority +
                     "\r\nAccept: " + request_.accept + "\r\nUser-Agent: cleat\r\n";
  if (std::string value = shared_->authorizationNow(); !value.empty()) text += "Authorization: " + value + "\r\n";
  if (!request_.body.empty()) text += "Content-Type: " + request_.contentType + "\r\n";
  if (!request_.body.empty() || request_.method == "POST" || request_.method == "PUT") {
    text += "Content-Length: " + std::to_string(request_.body.size()) + "\r\n";
  }
  return text + "\r\n" + request_.body;
}

Task<Result<void>> HttpsExchange::readResponse() {
  doing_ = kReading;
  ResponseReader response(connection_.stream, kLimits, request_.method == "HEAD");
  while (!response.over()) {
    if (request_.endless) deadline_->set(request_.timeout);
    co_await response.more();
    deliver(response);
  }
  if (!response.parser().done()) co_return fail(Status::unavailable(response.failure()));
  keepAlive_ = response.parser().keepAlive() && !response.hasRest();
  co_return Result<void>();
}

// Hands on what has come; nothing of the body any more when the exchange was cancelled.
void HttpsExchange::deliver(ResponseReader& response) {
  if (!gotHead_ && response.parser().headDone()) {
    gotHead_ = true;
    receiver_->onHead({.status = response.parser().status(), .headers = response.parser().headers()});
  }
  if (!response.body.empty() && !cancelled_) receiver_->onBody(response.body);
  response.body.clear();
}

void HttpsExchange::end(const Result<void>& outcome) {
  deadline_->stop();
  std::optional<Status> failure;
  if (!outcome || cancelled_) {
    failure = statusOf(outcome ? Status() : outcome.error());
    cutoff_->cut();
  } else if (keepAlive_) {
    shared_->keep(std::move(connection_));
  }
  connection_ = {};
  std::exchange(receiver_, nullptr)->onEnd(std::move(failure));
}

Status HttpsExchange::statusOf(const Status& failure) const {
  std::string server = "https://" + shared_->url.authority;
  if (cancelled_) return Status::unavailable("the request to " + server + " was cancelled");
  std::string text = std::string(doing_) + " " + server + ": ";
  if (late_ || failure.is(504)) return Status::timeout(text + "no answer in time");
  return Status::unavailable(text + failure.message);
}

class PooledHttpsClient final : public HttpsClient {
 public:
  explicit PooledHttpsClient(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

  std::shared_ptr<ClientExchange> start(ClientRequest request, std::shared_ptr<ResponseReceiver> receiver) override {
    auto exchange = std::make_shared<HttpsExchange>(shared_, std::move(request), std::move(receiver));
    exchange->begin();
    return exchange;
  }

  Result<void> setCredentials(ClientCredentials credentials) override {
    CLEAT_TRY(auto tls, TlsContext::client(credentials.certificatePem, credentials.keyPem, shared_->options.caPem));
    std::string authorization = credentials.bearerToken.empty() ? "" : "Bearer " + credentials.bearerToken;
    std::deque<Connection> old;  // goes away without the lock
    MutexLock lock(shared_->mutex);
    shared_->tls = std::move(tls);
    shared_->authorization = std::move(authorization);
    old.swap(shared_->idle);
    return {};
  }

 private:
  const std::shared_ptr<Shared> shared_;
};

}  // namespace

Result<std::shared_ptr<HttpsClient>> makeHttpsClient(base::AsioExecutor& executor, HttpClientOptions options) {
  CLEAT_TRY(auto url, HttpsUrl::parse(options.url));
  if (options.checksServer && options.caPem.empty()) {
    return fail(Status::badRequest("an authority is needed to know " + options.url + " by"));
  }
  ClientCredentials credentials = std::move(options.credentials);
  auto shared = std::make_shared<Shared>(executor, std::move(options), std::move(url));
  auto client = std::make_shared<PooledHttpsClient>(std::move(shared));
  CLEAT_TRY(client->setCredentials(std::move(credentials)));
  return client;
}

}  // namespace cleat::http
