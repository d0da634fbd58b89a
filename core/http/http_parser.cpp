#include "core/http/http_parser.h"

#include <boost/beast/http/basic_parser.hpp>

namespace cleat::http {
namespace {

namespace beast = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

std::string_view plain(string_view text) { return {text.data(), text.size()}; }

// What both directions have in common.
template <bool isRequest>
struct Parser : beast::basic_parser<isRequest> {
  Headers headers;
  int version = 11;
  std::string method, target;
  int status = 0;
  std::string* body = nullptr;
  error_code error;

  explicit Parser(MessageLimits limits) {
    this->eager(true);
    this->header_limit(limits.headBytes);
    this->body_limit(limits.bodyBytes);
  }

  size_t feed(std::string_view bytes) {
    size_t taken = 0;
    while (!error && !this->is_done() && taken < bytes.size()) {
      error_code result;
      boost::asio::const_buffer rest(bytes.data() + taken, bytes.size() - taken);
      size_t used = this->put(rest, result);
      taken += used;
      if (result == beast::error::need_more) break;
      error = result;
    }
    return taken;
  }

  void on_request_impl(beast::verb, string_view methodText, string_view targetText, int versionNumber,
                       error_code&) override {
    version = versionNumber;
    method = plain(methodText);
    target = plain(targetText);
  }
  void on_response_impl(int code, string_view, int, error_code&) override { status = code; }
  void on_field_impl(beast::field, string_view name, string_view value, error_code&) override {
    headers.add(plain(name), plain(value));
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<uint64_t>& size, error_code&) override {
    if (isRequest && size) body->reserve(*size);  // within the limit, or it has failed
  }
  size_t on_body_impl(string_view bytes, error_code&) override {
    body->append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_chunk_header_impl(uint64_t, string_view, error_code&) override {}
  size_t on_chunk_body_impl(uint64_t, string_view bytes, error_code&) override {
    body->append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_finish_impl(error_code&) override {}
};

}  // namespace

struct RequestParser::Impl : Parser<true> {
  using Parser::Parser;
  std::string content;
};

RequestParser::RequestParser(MessageLimits limits) : impl_(std::make_unique<Impl>(limits)) {
  impl_->body = &impl_->content;
}

RequestParser::~RequestParser() = default;

size_t RequestParser::feed(std::string_view bytes) { return impl_->feed(bytes); }

RequestParser::State RequestParser::state() const {
  if (impl_->error) return State::failed;
  if (impl_->is_done()) return State::done;
  return impl_->is_header_done() ? State::body : State::head;
}

int RequestParser::failureCode() const {
  if (impl_->error == beast::error::body_limit) return 413;
  if (impl_->error == beast::error::header_limit) return 431;
  return 400;
}

bool RequestParser::keepAlive() const { return impl_->keep_alive(); }

bool RequestParser::isHttp10() const { return impl_->version < 11; }

bool RequestParser::expectsContinue() const {
  return state() == State::body && equalIgnoringCase(impl_->headers.get("expect"), "100-continue");
}

Request RequestParser::take() {
  Request request;
  request.method = std::move(impl_->method);
  request.target = std::move(impl_->target);
  request.headers = std::move(impl_->headers);
  request.body = std::move(impl_->content);
  return request;
}

struct ResponseParser::Impl : Parser<false> {
  using Parser::Parser;
};

ResponseParser::ResponseParser(MessageLimits limits, bool toHead) : impl_(std::make_unique<Impl>(limits)) {
  if (toHead) impl_->skip(true);
}

ResponseParser::~ResponseParser() = default;

size_t ResponseParser::feed(std::string_view bytes, std::string& body) {
  impl_->body = &body;
  return impl_->feed(bytes);
}

void ResponseParser::feedEnd() {
  if (!impl_->got_some()) {
    // Beast asserts that this is never asked, and who is at the other end decides whether it is.
    impl_->error = beast::error::end_of_stream;
    return;
  }
  error_code result;
  impl_->put_eof(result);
  if (result && result != beast::error::end_of_stream) impl_->error = result;
  if (result == beast::error::end_of_stream && !impl_->is_done()) impl_->error = result;
}

bool ResponseParser::headDone() const { return impl_->is_header_done(); }
bool ResponseParser::done() const { return impl_->is_done(); }
bool ResponseParser::failed() const { return impl_->error.failed(); }
std::string ResponseParser::failure() const { return impl_->error.message(); }
bool ResponseParser::keepAlive() const { return impl_->keep_alive(); }
int ResponseParser::status() const { return impl_->status; }
const Headers& ResponseParser::headers() const { return impl_->headers; }

}  // namespace cleat::http
