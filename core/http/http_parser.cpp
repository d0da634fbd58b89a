#include "core/http/http_parser.h"

#include <boost/beast/http/basic_parser.hpp>

#include <algorithm>
#include <array>

namespace cleat::http {
namespace {

namespace beast = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

std::string_view plain(string_view text) { return {text.data(), text.size()}; }

constexpr size_t kReservedBytes = 64u << 10;

bool isDigits(std::string_view text) { return !text.empty() && text.find_first_not_of("0123456789") == text.npos; }

// Whether everybody who reads the head takes it for the same request.
bool isUnambiguous(const Headers& headers, int version) {
  struct Field {
    std::string_view name, value = {};
    size_t count = 0;
  };
  std::array<Field, 3> fields{Field{"host"}, Field{"content-length"}, Field{"transfer-encoding"}};
  const auto& [host, length, coding] = fields;
  for (size_t i = 0; i < headers.count(); ++i) {
    const auto [name, value] = headers.at(i);
    for (Field& field : fields) {
      if (equalIgnoringCase(name, field.name) && field.count++ == 0) field.value = value;
    }
  }
  if (host.count > 1 || (host.count == 0 && version >= 11)) return false;
  if (host.value.find_first_of(" \t,/@?#\\") != std::string_view::npos) return false;
  if (length.count > 1 || (length.count > 0 && !isDigits(length.value))) return false;
  if (coding.count == 0) return true;
  return coding.count == 1 && length.count == 0 && version >= 11 && equalIgnoringCase(coding.value, "chunked");
}

// Whether a field of the head goes on in the next line, which was allowed once and is read in several ways. Looks at
// the bytes as they are taken, up to the end of the head.
class FoldedFields {
 public:
  bool foundIn(std::string_view taken) {
    std::string joined;
    if (!last_.empty()) taken = joined = last_.append(taken);
    constexpr size_t kKept = 3;  // of an end that has begun
    bool found = false;
    for (size_t at = taken.find('\n'); at < taken.size() && !found; at = taken.find('\n', at + 1)) {
      const std::string_view behind = taken.substr(at + 1, 2);
      if (behind == "\r\n" && at > 0 && taken[at - 1] == '\r') break;  // the head ends here
      found = behind.starts_with(' ') || behind.starts_with('\t');
    }
    last_ = taken.substr(taken.size() - std::min(kKept, taken.size()));
    return found;
  }

 private:
  std::string last_;
};

// What both directions have in common.
template <bool isRequest>
struct Parser : beast::basic_parser<isRequest> {
  Headers headers;
  int version = 11;
  std::string method, target;
  int status = 0;
  FoldedFields folded;
  bool bodyIsAwaited = false;  // the client sends it when it is told to go on
  std::string* body = nullptr;
  error_code error;

  explicit Parser(MessageLimits limits) {
    this->eager(true);
    this->header_limit(limits.headBytes);
    this->body_limit(limits.bodyBytes);
  }

  size_t feed(std::string_view bytes) {
    size_t taken = 0;
    const bool headCame = this->is_header_done();
    while (!error && !this->is_done() && taken < bytes.size()) {
      error_code result;
      boost::asio::const_buffer rest(bytes.data() + taken, bytes.size() - taken);
      size_t used = this->put(rest, result);
      taken += used;
      if (result == beast::error::need_more) break;
      error = result;
    }
    if (isRequest && !headCame && folded.foundIn(bytes.substr(0, taken))) error = beast::error::bad_field;
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
    if (!this->is_header_done()) headers.add(plain(name), plain(value));  // a trailer adds nothing to the head
  }
  void on_header_impl(error_code& result) override {
    if (!isRequest) return;
    bodyIsAwaited = equalIgnoringCase(headers.get("expect"), "100-continue");
    if (!isUnambiguous(headers, version)) result = beast::error::bad_field;
  }
  void on_body_init_impl(const boost::optional<uint64_t>& size, error_code&) override {
    // What a client only says that it will send takes no room.
    if (isRequest && size) body->reserve(std::min<uint64_t>(*size, kReservedBytes));
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

bool RequestParser::expectsContinue() const { return state() == State::body && impl_->bodyIsAwaited; }

size_t RequestParser::bodyBytes() const { return impl_->content.size(); }

uint64_t RequestParser::bodyBytesLeft() const {
  if (impl_->is_done()) return 0;
  auto left = impl_->content_length_remaining();
  return left ? *left : UINT64_MAX;
}

Request RequestParser::takeHead() {
  Request request;
  request.method = std::move(impl_->method);
  request.target = std::move(impl_->target);
  request.headers = std::move(impl_->headers);
  return request;
}

std::string RequestParser::takeBody() { return std::move(impl_->content); }

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
