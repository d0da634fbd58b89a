#include "server/http_server.h"

#include <cleat/sdk/text.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/http/status.hpp>

#include <algorithm>

#include "asio-common/io_context.h"
#include "server/session.h"

namespace cleat::agent {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;
using Acceptor = asio::basic_socket_acceptor<tcp, NetSocket::Executor>;

namespace {

constexpr uint32_t kMostHead = 32 * 1024;
constexpr size_t kRequestBlock = 4 * 1024;
constexpr auto kRequestTimeout = std::chrono::seconds(10);
constexpr auto kAcceptAgain = std::chrono::milliseconds(200);
constexpr const char* kAdminGroup = "system:masters";

std::string entriesOf(X509_NAME* name, int id, const std::function<bool(const std::string&)>& wanted) {
  for (int at = X509_NAME_get_index_by_NID(name, id, -1); at >= 0; at = X509_NAME_get_index_by_NID(name, id, at)) {
    unsigned char* text = nullptr;
    int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    if (size < 0) continue;
    std::string value(reinterpret_cast<char*>(text), static_cast<size_t>(size));
    OPENSSL_free(text);
    if (wanted(value)) return value;
  }
  return {};
}

enum class Caller { nobody, known, apiServer };

// Who is at the other end, by a certificate that OpenSSL has checked.
Caller callerOf(const SSL* session, std::string& name) {
  X509* certificate = SSL_get0_peer_certificate(session);
  if (certificate == nullptr || SSL_get_verify_result(session) != X509_V_OK) return Caller::nobody;
  X509_NAME* subject = X509_get_subject_name(certificate);
  name = entriesOf(subject, NID_commonName, [](const std::string&) { return true; });
  std::string group =
      entriesOf(subject, NID_organizationName, [](const std::string& value) { return value == kAdminGroup; });
  return group.empty() ? Caller::known : Caller::apiServer;
}

void splitTarget(Session& session) {
  std::string_view target(session.request.target().data(), session.request.target().size());
  size_t mark = std::min(target.find('?'), target.size());
  session.query = target.substr(std::min(mark + 1, target.size()));
  std::string_view path = target.substr(0, mark);
  while (!path.empty()) {
    path.remove_prefix(path.starts_with('/') ? 1 : 0);
    std::string_view part = path.substr(0, path.find('/'));
    path.remove_prefix(part.size());
    if (!part.empty()) session.path.emplace_back(part);
  }
}

using UseAs = AgentApi::UseAs;

void serveUse(SessionPtr session, UseAs form) {
  session->api.tellUse(form, [session, form](Result<std::string> text) {
    if (!text) return respond(session, text.error());
    respond(session, 200, std::move(*text),
            form == UseAs::summary ? "application/json" : "text/plain; version=0.0.4; charset=utf-8");
  });
}

void route(SessionPtr session) {
  splitTarget(*session);
  const auto& path = session->path;
  if (path.size() == 1 && (path[0] == "healthz" || path[0] == "livez" || path[0] == "readyz")) {
    return respond(session, 200, "ok");
  }
  std::string name;
  Caller caller = callerOf(session->socket->tls(), name);
  if (caller == Caller::nobody) return respond(session, 401, "Unauthorized");
  if (caller != Caller::apiServer) {
    return respond(session, 403, concat("Forbidden (user=", name, ", verb=get, resource=nodes, subresource=proxy)"));
  }
  if (path.size() == 2 && path[0] == "metrics" && path[1] == "resource")
    return serveUse(session, UseAs::resourceMetrics);
  if (path.size() == 2 && path[0] == "stats" && path[1] == "summary") return serveUse(session, UseAs::summary);
  if (path.size() == 4 && path[0] == "containerLogs") return serveLog(session);
  if (path.size() == 4 && path[0] == "exec") return serveExec(session, false);
  if (path.size() == 4 && path[0] == "attach") return serveExec(session, true);
  if (path.size() == 3 && path[0] == "portForward") return servePortForward(session);
  respond(session, 404, "404 page not found");
}

using HeadParser = http::request_parser<http::empty_body>;

void readRequest(SessionPtr session, std::shared_ptr<HeadParser> parser) {
  auto room = session->buffer.prepare(kRequestBlock);
  session->socket->read(room, [session, parser](ErrorCode error, size_t got) {
    if (error) return closeSession(session);
    session->buffer.commit(got);
    session->buffer.consume(parser->put(session->buffer.cdata(), error));
    if (error && error != http::error::need_more) return closeSession(session);
    if (!parser->is_header_done()) return readRequest(session, parser);
    session->request = parser->release();
    session->socket->expiresNever();
    route(session);
  });
}

}  // namespace

class HttpServer::Impl : public std::enable_shared_from_this<HttpServer::Impl> {
 public:
  Impl(asio::io_context& io, AgentApi& api, const HttpServerOptions& options)
      : api_(api), tls_(asio::ssl::context::tls_server), acceptor_(io), pause_(io),
        mostConnections_(options.mostConnections), requestTimeout_(options.requestTimeout),
        unknown_(std::make_shared<UnknownPeers>(options.unknown)) {}

  Result<void> prepare(const HttpServerOptions& options) {
    ErrorCode error;
    tls_.set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1, error);
    if (!error) tls_.use_certificate_chain(asio::buffer(options.certificatePem), error);
    if (!error) tls_.use_private_key(asio::buffer(options.keyPem), asio::ssl::context::pem, error);
    if (error)
      return fail(Status::internal(concat("the agent's serving certificate cannot be used: ", error.message())));
    tls_.set_verify_mode(asio::ssl::verify_peer, error);
    if (!options.clientCaFile.empty()) tls_.load_verify_file(options.clientCaFile, error);
    if (error) return fail(Status::internal(concat("cannot read ", options.clientCaFile, ": ", error.message())));
    SSL_CTX_set_session_cache_mode(tls_.native_handle(), SSL_SESS_CACHE_OFF);
    return listen(options.port);
  }

  void accept() {
    acceptor_.async_accept([self = shared_from_this()](ErrorCode error, NetSocket::TcpSocket socket) {
      if (error == asio::error::operation_aborted) return;
      if (error) return self->acceptLater();
      self->begin(std::move(socket));
      self->accept();
    });
  }

 private:
  Result<void> listen(uint16_t port) {
    ErrorCode error;
    tcp::endpoint any(tcp::v6(), port);
    acceptor_.open(any.protocol(), error);
    if (error) {  // a kernel without IPv6
      any = tcp::endpoint(tcp::v4(), port);
      error.clear();
      acceptor_.open(any.protocol(), error);
    } else {
      acceptor_.set_option(asio::ip::v6_only(false), error);
    }
    if (!error) acceptor_.set_option(Acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(any, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
      return fail(Status::unavailable(concat("the agent cannot listen on port ", port, ": ", error.message())));
    }
    return {};
  }

  // Out of descriptors, most likely: it would fail again at once.
  void acceptLater() {
    pause_.expires_after(kAcceptAgain);
    pause_.async_wait([self = shared_from_this()](ErrorCode error) {
      if (!error) self->accept();
    });
  }

  void begin(NetSocket::TcpSocket socket) {
    ErrorCode error;
    auto from = socket.remote_endpoint(error);
    if (error) return;  // it has gone again
    socket.set_option(tcp::no_delay(true), error);
    auto session = std::make_shared<Session>(std::make_shared<NetSocket>(std::move(socket)), api_);
    std::weak_ptr<NetSocket> weak = session->socket;
    session->place = unknown_->admit(from.address(), [weak] {
      if (auto one = weak.lock()) one->close();
    });
    session->socket->expiresAfter(requestTimeout_);
    session->socket->handshake(tls_.native_handle(), NetSocket::Side::server,
                               [self = shared_from_this(), session](ErrorCode failed) {
                                 if (!failed) self->shaken(session);
                               });
  }

  // From here on the API server has a place of its own.
  void shaken(SessionPtr session) {
    std::string name;
    if (callerOf(session->socket->tls(), name) == Caller::apiServer) {
      if (connections_ >= mostConnections_) return respond(session, 503, "the agent has too many connections");
      ++connections_;
      session->place = std::shared_ptr<void>(nullptr, [self = shared_from_this()](void*) { --self->connections_; });
    }
    auto parser = std::make_shared<HeadParser>();
    parser->header_limit(kMostHead);
    readRequest(session, std::move(parser));
  }

  AgentApi& api_;
  asio::ssl::context tls_;
  Acceptor acceptor_;
  asio::steady_timer pause_;
  const size_t mostConnections_;
  const std::chrono::milliseconds requestTimeout_;
  size_t connections_ = 0;  // of the API server
  const std::shared_ptr<UnknownPeers> unknown_;
};

HttpServer::HttpServer(IoThread& io, AgentApi& api) : io_(io), api_(api) {}
HttpServer::~HttpServer() = default;

Result<void> HttpServer::start(const HttpServerOptions& options) {
  impl_ = std::make_shared<Impl>(io_.impl().context, api_, options);
  CLEAT_TRY(impl_->prepare(options));
  io_.post([impl = impl_] { impl->accept(); });
  return {};
}

void respond(SessionPtr session, unsigned status, std::string text, std::string_view contentType) {
  auto reason = http::obsolete_reason(static_cast<http::status>(status));
  auto answer = std::make_shared<std::string>(concat(
      "HTTP/1.1 ", status, " ", std::string_view(reason.data(), reason.size()), "\r\nContent-Type: ", contentType,
      "\r\nConnection: close\r\nContent-Length: ", text.size(), "\r\n\r\n", text));
  session->socket->expiresAfter(kRequestTimeout);
  session->socket->write(*answer, [session, answer](ErrorCode) { closeSession(session); });
}

void closeSession(SessionPtr session) {
  session->socket->expiresAfter(kRequestTimeout);
  session->socket->shutdown([session](ErrorCode) { session->socket->close(); });
}

bool wantsUpgrade(const HttpHead& request, std::string_view protocol) {
  return http::token_list{request[http::field::connection]}.exists("upgrade") &&
         beast::iequals(request[http::field::upgrade], beast::string_view(protocol.data(), protocol.size()));
}

std::vector<std::string> listedIn(const HttpHead& request, std::string_view header) {
  std::vector<std::string> items;
  for (auto field = request.begin(); field != request.end(); ++field) {
    if (!beast::iequals(field->name_string(), beast::string_view(header.data(), header.size()))) continue;
    std::string_view rest(field->value().data(), field->value().size());
    while (!rest.empty()) {
      std::string_view item = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(item.size() + 1, rest.size()));
      while (item.starts_with(' ')) item.remove_prefix(1);
      while (item.ends_with(' ')) item.remove_suffix(1);
      if (!item.empty()) items.emplace_back(item);
    }
  }
  return items;
}

std::string chooseProtocol(const HttpHead& request, std::string_view header, const std::vector<std::string>& offered) {
  std::vector<std::string> asked = listedIn(request, header);
  auto first = std::find_first_of(offered.begin(), offered.end(), asked.begin(), asked.end());
  return first == offered.end() ? std::string() : *first;
}

}  // namespace cleat::agent
