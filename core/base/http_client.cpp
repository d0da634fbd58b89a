// HttpsClient on Asio and Beast. An exchange is one coroutine on the strand of its connection.
#include "core/base/http_client.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include <netinet/tcp.h>

#include <deque>
#include <mutex>

#include "core/base/https_url.h"

namespace cleat::base {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Error = beast::error_code;
using TlsContextRef = std::shared_ptr<asio::ssl::context>;
using Strand = asio::strand<asio::io_context::executor_type>;

constexpr uint32_t kMaxHeaderBytes = 64 << 10;
constexpr const char* const kConnecting = "connecting to";
constexpr const char* const kSending = "sending to";
constexpr const char* const kReading = "reading from";

struct Connection {
  Connection(Strand onStrand, TlsContextRef context)
      : strand(std::move(onStrand)), tls(std::move(context)), stream(strand, *tls) {}

  auto& socket() { return beast::get_lowest_layer(stream); }
  // An idle connection on which something has arrived is being closed by the server.
  bool isQuiet() {
    char byte;
    ssize_t got = recv(socket().socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  }

  Strand strand;
  TlsContextRef tls;
  beast::ssl_stream<beast::tcp_stream> stream;
  beast::flat_buffer buffer;
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

  std::mutex mutex;
  TlsContextRef tls;
  std::string authorization;  // the header's value
  std::deque<ConnectionRef> idle;

  ConnectionRef takeIdle() {
    std::lock_guard lock(mutex);
    while (!idle.empty()) {
      ConnectionRef connection = std::move(idle.back());
      idle.pop_back();
      if (connection->tls == tls && connection->isQuiet()) return connection;
    }
    return nullptr;
  }
  ConnectionRef make(Strand strand) {
    std::lock_guard lock(mutex);
    return std::make_shared<Connection>(std::move(strand), tls);
  }
  std::string authorizationNow() {
    std::lock_guard lock(mutex);
    return authorization;
  }
  void keep(ConnectionRef connection) {
    std::lock_guard lock(mutex);
    if (connection->tls != tls || idle.size() >= options.idleConnections) return;
    connection->socket().expires_never();
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

class Exchange final : public HttpExchange, public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(std::shared_ptr<Shared> shared, ConnectionRef connection, HttpRequest request,
           std::shared_ptr<HttpReceiver> receiver)
      : shared_(std::move(shared)),
        strand_(connection->strand),
        request_(std::move(request)),
        receiver_(std::move(receiver)),
        connection_(std::move(connection)) {}

  void begin() { asio::co_spawn(strand_, run(shared_from_this()), asio::detached); }

  void cancel() override {
    asio::post(strand_, [self = shared_from_this()] {
      self->cancelled_ = true;
      if (self->connection_) self->connection_->socket().close();
    });
  }

 private:
  using Awaited = asio::awaitable<Error>;

  asio::awaitable<void> run(std::shared_ptr<Exchange> self);  // held by the coroutine
  Awaited attempt();
  Awaited connect();
  Awaited openSocket();
  Awaited sendRequest();
  Awaited readResponse();
  bool mayTryAgain() const;
  void end(Error error);
  Status statusOf(Error error) const;

  // A whole exchange has one deadline, an endless one has one for each step.
  void limitStep() {
    if (request_.endless) connection_->socket().expires_after(request_.timeout);
  }

  std::shared_ptr<Shared> shared_;
  const Strand strand_;
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
  connection_->socket().expires_after(request_.timeout);
  if (Error error = co_await sendRequest()) co_return error;
  co_return co_await readResponse();
}

Exchange::Awaited Exchange::connect() {
  doing_ = kConnecting;
  connection_->socket().expires_after(shared_->options.connectTimeout);
  if (Error error = co_await openSocket()) co_return error;
  auto& socket = connection_->socket().socket();
  Error ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  // A server that is gone without a word is noticed within half a minute, also while nothing is being sent.
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  socket.set_option(asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPIDLE>(15), ignored);
  socket.set_option(asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPINTVL>(5), ignored);
  socket.set_option(asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPCNT>(3), ignored);
  socket.set_option(asio::detail::socket_option::integer<IPPROTO_TCP, TCP_USER_TIMEOUT>(30'000), ignored);

  const std::string& host = shared_->url.host;
  asio::ip::make_address(host, ignored);
  if (ignored) SSL_set_tlsext_host_name(connection_->stream.native_handle(), host.c_str());
  connection_->stream.set_verify_callback(asio::ssl::host_name_verification(host));
  Error error;
  co_await connection_->stream.async_handshake(asio::ssl::stream_base::client,
                                               asio::redirect_error(asio::use_awaitable, error));
  co_return error;
}

Exchange::Awaited Exchange::openSocket() {
  Error error;
  const HttpsUrl& url = shared_->url;
  asio::ip::address address = asio::ip::make_address(url.host, error);
  if (!error) {
    asio::ip::tcp::endpoint endpoint(address, static_cast<uint16_t>(std::stoul(url.port)));
    co_await connection_->socket().async_connect(endpoint, asio::redirect_error(asio::use_awaitable, error));
    co_return error;
  }
  error = {};
  asio::ip::tcp::resolver resolver(strand_);
  auto found = co_await resolver.async_resolve(url.host, url.port, asio::redirect_error(asio::use_awaitable, error));
  if (error) co_return error;
  co_await connection_->socket().async_connect(found, asio::redirect_error(asio::use_awaitable, error));
  co_return error;
}

Exchange::Awaited Exchange::sendRequest() {
  doing_ = kSending;
  http::request<http::string_body> message;
  message.method_string(request_.method);
  message.target(shared_->url.path + request_.target);
  message.set(http::field::host, shared_->url.authority);
  message.set(http::field::accept, request_.accept);
  message.set(http::field::user_agent, "cleat");
  if (std::string value = shared_->authorizationNow(); !value.empty()) message.set(http::field::authorization, value);
  if (!request_.body.empty()) message.set(http::field::content_type, request_.contentType);
  message.body() = request_.body;
  message.prepare_payload();
  Error error;
  co_await http::async_write(connection_->stream, message, asio::redirect_error(asio::use_awaitable, error));
  co_return error;
}

Exchange::Awaited Exchange::readResponse() {
  doing_ = kReading;
  http::response_parser<http::buffer_body> parser;
  parser.header_limit(kMaxHeaderBytes);
  parser.body_limit(boost::none);
  Error error;
  limitStep();
  co_await http::async_read_header(connection_->stream, connection_->buffer, parser,
                                   asio::redirect_error(asio::use_awaitable, error));
  if (error) co_return error;
  gotHead_ = true;
  HttpHead head;
  head.status = parser.get().result_int();
  for (const auto& field : parser.get()) head.headers.emplace_back(field.name_string(), field.value());
  receiver_->onHead(std::move(head));

  std::string piece(16 << 10, '\0');
  while (!parser.is_done()) {
    parser.get().body().data = piece.data();
    parser.get().body().size = piece.size();
    limitStep();
    co_await http::async_read_some(connection_->stream, connection_->buffer, parser,
                                   asio::redirect_error(asio::use_awaitable, error));
    if (error == http::error::need_buffer) error = {};
    size_t got = piece.size() - parser.get().body().size;
    if (got > 0 && !cancelled_) receiver_->onBody(std::string_view(piece).substr(0, got));
    if (error) co_return error;
  }
  keepAlive_ = parser.keep_alive() && connection_->buffer.size() == 0;
  co_return error;
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
    std::lock_guard lock(shared_->mutex);
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
