#include "https-common/https_reader.h"

#include <cleat/sdk/host_port.h>
#include <cleat/sdk/text.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <charconv>
#include <deque>
#include <optional>

#include "asio-common/io_context.h"

namespace cleat {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace ssl = asio::ssl;
using tcp = asio::ip::tcp;
using ErrorCode = boost::system::error_code;

constexpr uint32_t kMostHeader = 64 * 1024;

class Fetch;

}  // namespace

struct HttpsReader::Impl {
  explicit Impl(HttpsReaderOptions chosen) : options(std::move(chosen)) {}

  void add(std::shared_ptr<Fetch> fetch);
  void startWaiting();
  // Null, and why, when the certificates cannot be read.
  std::shared_ptr<ssl::context> tls(std::string& why);

  const HttpsReaderOptions options;
  IoThread io;
  // On the thread alone.
  std::shared_ptr<ssl::context> context;
  std::deque<std::shared_ptr<Fetch>> waiting;
  size_t underWay = 0;
  bool isStarting = false;
};

namespace {

// One call, from its place in the queue to the answer. Lives in the queue and in the handlers of what it waits for.
class Fetch : public std::enable_shared_from_this<Fetch> {
 public:
  Fetch(HttpsReader::Impl& reader, HttpsGet request, std::function<void(HttpsAnswer)> done)
      : reader_(reader), io_(reader.io.impl().context), limit_(io_), request_(std::move(request)),
        done_(std::move(done)) {}

  void limit(Duration timeout) {
    limit_.expires_after(timeout);
    limit_.async_wait([self = shared_from_this()](ErrorCode error) {
      if (!error) self->end({"no answer in time"});
    });
  }
  bool ended() const { return !done_; }

  void begin() {
    isUnderWay_ = true;
    ++reader_.underWay;
    std::string why;
    context_ = reader_.tls(why);
    if (!context_) return end({std::move(why)});
    ErrorCode error;
    const auto address = asio::ip::make_address(request_.host, error);
    if (error) return end({concat("\"", request_.host, "\" is no address")});
    stream_.emplace(io_, *context_);
    stream_->next_layer().async_connect({address, request_.port}, [self = shared_from_this()](ErrorCode failed) {
      if (self->ended()) return;
      if (failed) return self->end({concat("connect: ", failed.message())});
      self->handshake();
    });
  }

  void end(HttpsAnswer answer) {
    if (ended()) return;
    limit_.cancel();
    ErrorCode ignored;
    if (stream_) stream_->next_layer().close(ignored);
    std::exchange(done_, nullptr)(std::move(answer));
    if (!isUnderWay_) return;
    --reader_.underWay;
    reader_.startWaiting();
  }

 private:
  void handshake() {
    ErrorCode ignored;
    stream_->next_layer().set_option(tcp::no_delay(true), ignored);
    if (!reader_.options.caFile.empty()) {
      X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(stream_->native_handle()), request_.host.c_str());
    }
    stream_->async_handshake(ssl::stream_base::client, [self = shared_from_this()](ErrorCode failed) {
      if (self->ended()) return;
      if (failed) return self->end({concat("tls: ", failed.message())});
      self->send();
    });
  }

  void send() {
    head_.version(11);
    head_.method(http::verb::get);
    head_.target(request_.target);
    head_.set(http::field::host, hostPort(request_.host, request_.port));
    head_.set(http::field::accept, request_.accept);
    head_.set(http::field::user_agent, "cleat");
    head_.set(http::field::connection, "close");
    if (!reader_.options.impersonates.empty()) head_.set("Impersonate-User", reader_.options.impersonates);
    http::async_write(*stream_, head_, [self = shared_from_this()](ErrorCode failed, size_t) {
      if (self->ended()) return;
      if (failed) return self->end({concat("write: ", failed.message())});
      self->receive();
    });
  }

  void receive() {
    parser_.body_limit(reader_.options.mostBody);
    parser_.header_limit(kMostHeader);
    http::async_read(*stream_, buffer_, parser_, [self = shared_from_this()](ErrorCode failed, size_t) {
      if (self->ended()) return;
      if (failed == http::error::body_limit) {
        return self->end({concat("the answer is longer than ", self->reader_.options.mostBody, " bytes")});
      }
      if (failed) return self->end({concat("read: ", failed.message())});
      self->end({{}, static_cast<int>(self->parser_.get().result_int()), std::move(self->parser_.get().body())});
    });
  }

  HttpsReader::Impl& reader_;
  asio::io_context& io_;
  asio::steady_timer limit_;
  HttpsGet request_;
  std::function<void(HttpsAnswer)> done_;
  bool isUnderWay_ = false;
  std::shared_ptr<ssl::context> context_;
  std::optional<ssl::stream<tcp::socket>> stream_;
  http::request<http::empty_body> head_;
  boost::beast::flat_buffer buffer_;
  http::response_parser<http::string_body> parser_;
};

}  // namespace

void HttpsReader::Impl::add(std::shared_ptr<Fetch> fetch) {
  if (waiting.size() >= options.mostWaiting) return fetch->end({"too many calls are waiting"});
  waiting.push_back(std::move(fetch));
  startWaiting();
}

// Those that have waited for too long have ended already. One that ends as it begins makes room for the next one here.
void HttpsReader::Impl::startWaiting() {
  if (std::exchange(isStarting, true)) return;
  while (!waiting.empty() && (underWay < options.mostAtOnce || waiting.front()->ended())) {
    std::shared_ptr<Fetch> next = std::move(waiting.front());
    waiting.pop_front();
    if (!next->ended()) next->begin();
  }
  isStarting = false;
}

std::shared_ptr<ssl::context> HttpsReader::Impl::tls(std::string& why) {
  if (context) return context;
  auto made = std::make_shared<ssl::context>(ssl::context::tls_client);
  ErrorCode error;
  if (!options.certFile.empty()) made->use_certificate_chain_file(options.certFile, error);
  if (!error && !options.keyFile.empty()) made->use_private_key_file(options.keyFile, ssl::context::pem, error);
  if (!error && !options.caFile.empty()) made->load_verify_file(options.caFile, error);
  if (!error) made->set_verify_mode(options.caFile.empty() ? ssl::verify_none : ssl::verify_peer, error);
  if (error) {
    why = concat("the certificates cannot be read: ", error.message());
    return nullptr;
  }
  SSL_CTX_set_min_proto_version(made->native_handle(), TLS1_2_VERSION);
  context = std::move(made);
  return context;
}

std::optional<HttpsGet> HttpsGet::ofUrl(std::string_view url, std::string target, std::string accept) {
  constexpr std::string_view kScheme = "https://";
  if (!url.starts_with(kScheme)) return std::nullopt;
  const std::optional<HostAndPort> where = splitHostPort(url.substr(kScheme.size()));
  if (!where) return std::nullopt;
  HttpsGet get{.host = std::string(where->host), .target = std::move(target), .accept = std::move(accept)};
  const char* end = where->port.data() + where->port.size();
  if (!where->port.empty() && std::from_chars(where->port.data(), end, get.port).ptr != end) return std::nullopt;
  return get;
}

HttpsReader::HttpsReader(Context& context, HttpsReaderOptions options)
    : context_(context), impl_(std::make_unique<Impl>(std::move(options))) {}
HttpsReader::~HttpsReader() { stop(); }
void HttpsReader::stop() { impl_->io.stop(); }

HttpsReaderOptions HttpsReader::asServer(const Config& config) {
  const std::string& folder = config.server().pkiDir;
  return {.certFile = concat(folder, "/agent-client.crt"), .keyFile = concat(folder, "/agent-client.key")};
}

Task<HttpsAnswer> HttpsReader::get(HttpsGet request, Duration timeout) {
  Completion<HttpsAnswer> answered;
  std::function<void(HttpsAnswer)> done = [&context = context_, answered](HttpsAnswer answer) {
    context.post([answered, answer = std::move(answer)]() mutable { answered.complete(std::move(answer)); });
  };
  auto shared = std::make_shared<HttpsGet>(std::move(request));
  impl_->io.post([impl = impl_.get(), shared, timeout, done] {
    auto fetch = std::make_shared<Fetch>(*impl, std::move(*shared), done);
    fetch->limit(timeout);
    impl->add(std::move(fetch));
  });
  co_return co_await answered;
}

}  // namespace cleat
