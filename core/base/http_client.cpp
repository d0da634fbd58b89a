// HttpsClient on Asio and Beast. An exchange is one coroutine on the strand of its connection.
#include "core/base/http_client.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/read_size.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <cleat/sdk/mutex.h>

#include <deque>

#include "core/base/https_url.h"
#include "core/base/tls_connection.h"

namespace cleat::base {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Error = TlsConnection::Error;
using TlsContextRef = std::shared_ptr<asio::ssl::context>;

constexpr uint32_t kMaxHeaderBytes = 64 << 10;
constexpr size_t kReadBytes = 16 << 10;
constexpr const char* const kConnecting = "connecting to";
constexpr const char* const kSending = "sending to";
constexpr const char* const kReading = "reading from";

struct Connection : TlsConnection {
  Connection(Strand onStrand, TlsContextRef context) : TlsConnection(std::move(onStrand)), tls(std::move(context)) {}

  TlsContextRef tls;
  beast::flat_buffer buffer{kMaxHeaderBytes + kReadBytes};
  bool wasUsed = false;
};
using ConnectionRef = std::shared_ptr<Connection>;

// What all exchanges of a client share; it outlives the client while one is under way.
struct Shared {
  Shared(asio::io_context& onContext, HttpClientOptions with, HttpsUrl to)
      : context(onContext), options(std::move(with)), url(std::move(to)) {}

  asio::io_context& context;
  const HttpClientOptions options;
  const HttpsUrl url;

  Mutex mutex;
  TlsContextRef tls CLEAT_GUARDED_BY(mutex);
  std::string authorization CLEAT_GUARDED_BY(mutex);  // the header's value
  std::deque<ConnectionRef> idle CLEAT_GUARDED_BY(mutex);

  ConnectionRef takeIdle() {
    MutexLock lock(mutex);
    while (!idle.empty()) {
      ConnectionRef connection = std::move(idle.back());
      idle.pop_back();
      if (connection->tls == tls && connection->isQuiet()) return connection;
    }
    return nullptr;
  }
  ConnectionRef make(TlsConnection::Strand strand) {
    MutexLock lock(mutex);
    return std::make_shared<Connection>(std::move(strand), tls);
  }
  std::string authorizationNow() {
    MutexLock lock(mutex);
    return authorization;
  }
  void keep(ConnectionRef connection) {
    MutexLock lock(mutex);
    if (connection->tls != tls || idle.size() >= options.idleConnections) return;
    connection->expiresNever();
    idle.push_back(std::move(connection));
  }
};

std::string tlsError() {
  unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
  return reason != nullptr ? reason : "unknown error";
}

// The CA that a server must be signed by, and what we show.
Result<TlsContextRef> makeTls(const std::string& caPem, const HttpCredentials& credentials) {
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_options(context->native_handle(), SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context->native_handle(), SSL_MODE_RELEASE_BUFFERS);
  context->set_verify_mode(asio::ssl::verify_peer);
  Error error;
  context->add_certificate_authority(asio::buffer(caPem), error);
  if (error) return fail(Status::internal("the CA certificate cannot be used: " + tlsError()));
  if (credentials.certificatePem.empty()) return context;
  context->use_certificate_chain(asio::buffer(credentials.certificatePem), error);
  if (error) return fail(Status::internal("the client certificate cannot be used: " + tlsError()));
  context->use_private_key(asio::buffer(credentials.keyPem), asio::ssl::context::pem, error);
  if (error) return fail(Status::internal("the client key cannot be used: " + tlsError()));
  return context;
}

// Hands a response to its receiver as it is parsed; nothing of the body any more when the exchange was cancelled.
class Response final : public http::basic_parser<false> {
 public:
  Response(HttpReceiver& receiver, const bool& cancelled) : receiver_(receiver), cancelled_(cancelled) {
    eager(true);
    header_limit(kMaxHeaderBytes);
    body_limit(boost::none);
  }

 private:
  void on_request_impl(http::verb, beast::string_view, beast::string_view, int, Error&) override {}
  void on_response_impl(int code, beast::string_view, int, Error&) override { head_.status = code; }
  void on_field_impl(http::field, beast::string_view name, beast::string_view value, Error&) override {
    head_.headers.emplace_back(name, value);
  }
  void on_header_impl(Error&) override { receiver_.onHead(std::move(head_)); }
  void on_body_init_impl(const boost::optional<uint64_t>&, Error&) override {}
  size_t on_body_impl(beast::string_view bytes, Error&) override {
    if (!cancelled_) receiver_.onBody({bytes.data(), bytes.size()});
    return bytes.size();
  }
  void on_chunk_header_impl(uint64_t, beast::string_view, Error&) override {}
  size_t on_chunk_body_impl(uint64_t, beast::string_view bytes, Error& error) override { return on_body_impl(bytes, error); }
  void on_finish_impl(Error&) override {}

  HttpReceiver& receiver_;
  const bool& cancelled_;
  HttpHead head_;
};

class Exchange final : public HttpExchange, public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(std::shared_ptr<Shared> shared, ConnectionRef connection, HttpRequest request,
           std::shared_ptr<HttpReceiver> receiver)
      : shared_(std::move(shared)),
        strand_(connection->strand()),
        request_(std::move(request)),
        receiver_(std::move(receiver)),
        connection_(std::move(connection)) {}

  void begin() { asio::co_spawn(strand_, run(shared_from_this()), asio::detached); }

  void cancel() override {
    asio::post(strand_, [self = shared_from_this()] {
      self->cancelled_ = true;
      if (self->connection_) self->connection_->close();
    });
  }

 private:
  using Awaited = TlsConnection::Awaited;

  asio::awaitable<void> run(std::shared_ptr<Exchange> self);  // held by the coroutine
  Awaited attempt();
  Awaited connect();
  Awaited sendRequest();
  std::string requestText() const;
  Awaited readResponse();
  bool mayTryAgain() const;
  void end(Error error);
  Status statusOf(Error error) const;

  // A whole exchange has one deadline, an endless one has one for each step.
  void limitStep() {
    if (request_.endless) connection_->expiresAfter(request_.timeout);
  }

  std::shared_ptr<Shared> shared_;
  const TlsConnection::Strand strand_;
  HttpRequest request_;
  std::shared_ptr<HttpReceiver> receiver_;
  ConnectionRef connection_;
  const char* doing_ = kConnecting;
  bool cancelled_ = false;
  bool gotHead_ = false;
  bool keepAlive_ = false;
};

asio::awaitable<void> Exchange::run(std::shared_ptr<Exchange>) {
  Error error;
  try {
    error = co_await attempt();
    if (error && mayTryAgain()) {
      connection_ = shared_->make(strand_);
      error = co_await attempt();
    }
  } catch (const boost::system::system_error& thrown) {
    error = thrown.code();
  }
  end(error);
}

// A kept connection may have been closed by the server just as we began to use it. What it cannot have acted on is sent again.
bool Exchange::mayTryAgain() const {
  return connection_->wasUsed && !gotHead_ && !cancelled_ && (request_.method == "GET" || doing_ == kSending);
}

Exchange::Awaited Exchange::attempt() {
  if (cancelled_) co_return asio::error::operation_aborted;
  if (!connection_->wasUsed) {
    if (Error error = co_await connect()) co_return error;
  }
  connection_->expiresAfter(request_.timeout);
  if (Error error = co_await sendRequest()) co_return error;
  co_return co_await readResponse();
}

Exchange::Awaited Exchange::connect() {
  doing_ = kConnecting;
  connection_->expiresAfter(shared_->options.connectTimeout);
  const HttpsUrl& url = shared_->url;
  co_return co_await connection_->connect(url.host, url.port, connection_->tls->native_handle());
}

Exchange::Awaited Exchange::sendRequest() {
  doing_ = kSending;
  std::string text = requestText();
  co_return co_await connection_->write(text);
}

std::string Exchange::requestText() const {
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

Exchange::Awaited Exchange::readResponse() {
  doing_ = kReading;
  Response response(*receiver_, cancelled_);
  beast::flat_buffer& buffer = connection_->buffer;
  while (!response.is_done()) {
    size_t room = beast::read_size(buffer, kReadBytes);
    if (room == 0) co_return http::error::buffer_overflow;
    limitStep();
    size_t got = 0;
    Error error = co_await connection_->read(buffer.prepare(room), got);
    buffer.commit(got);
    if (!error) {
      buffer.consume(response.put(buffer.cdata(), error));
    } else if (error == asio::error::eof && response.got_some()) {
      response.put_eof(error);
    }
    gotHead_ = response.is_header_done();
    if (error && error != http::error::need_more) co_return error;
  }
  keepAlive_ = response.keep_alive() && buffer.size() == 0;
  co_return Error();
}

void Exchange::end(Error error) {
  ConnectionRef connection = std::move(connection_);
  std::optional<Status> failure;
  if (error || cancelled_) {
    failure = statusOf(error);
  } else if (keepAlive_) {
    connection->wasUsed = true;
    shared_->keep(std::move(connection));
  }
  connection = nullptr;
  std::exchange(receiver_, nullptr)->onEnd(std::move(failure));
}

Status Exchange::statusOf(Error error) const {
  std::string server = "https://" + shared_->url.authority;
  if (cancelled_) return Status::unavailable("the request to " + server + " was cancelled");
  std::string text = std::string(doing_) + " " + server + ": ";
  if (error == beast::error::timeout) return Status::timeout(text + "no answer in time");
  return Status::unavailable(text + error.message());
}

class AsioHttpsClient final : public HttpsClient {
 public:
  explicit AsioHttpsClient(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

  std::shared_ptr<HttpExchange> start(HttpRequest request, std::shared_ptr<HttpReceiver> receiver) override {
    ConnectionRef connection = shared_->takeIdle();
    if (!connection) connection = shared_->make(asio::make_strand(shared_->context));
    auto exchange =
        std::make_shared<Exchange>(shared_, std::move(connection), std::move(request), std::move(receiver));
    exchange->begin();
    return exchange;
  }

  Result<void> setCredentials(HttpCredentials credentials) override {
    auto tls = makeTls(shared_->options.caPem, credentials);
    if (!tls) return fail(tls.error());
    std::string authorization = credentials.bearerToken.empty() ? "" : "Bearer " + credentials.bearerToken;
    std::deque<ConnectionRef> old;  // goes away without the lock
    MutexLock lock(shared_->mutex);
    shared_->tls = std::move(*tls);
    shared_->authorization = std::move(authorization);
    old.swap(shared_->idle);
    return {};
  }

 private:
  std::shared_ptr<Shared> shared_;
};

}  // namespace

Result<std::shared_ptr<HttpsClient>> makeHttpsClient(asio::io_context& context, HttpClientOptions options) {
  auto url = HttpsUrl::parse(options.url);
  if (!url) return fail(url.error());
  HttpCredentials credentials = std::move(options.credentials);
  auto shared = std::make_shared<Shared>(context, std::move(options), std::move(*url));
  auto client = std::make_shared<AsioHttpsClient>(std::move(shared));
  if (auto done = client->setCredentials(std::move(credentials)); !done) return fail(done.error());
  return client;
}

}  // namespace cleat::base
