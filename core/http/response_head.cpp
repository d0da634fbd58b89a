#include "core/http/response_head.h"

#include <time.h>

#include <algorithm>
#include <charconv>

namespace cleat::http {
namespace {

const char* reasonPhrase(int status) {
  switch (status) {
    case 101: return "Switching Protocols";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 413: return "Request Entity Too Large";
    case 415: return "Unsupported Media Type";
    case 422: return "Unprocessable Entity";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    default: return "Status";
  }
}

// Made once a second and thread.
std::string_view dateText(int64_t wallNs) {
  thread_local time_t made = 0;
  thread_local char text[40];
  thread_local size_t size = 0;
  time_t now = wallNs / 1'000'000'000;
  if (now != made) {
    tm parts;
    gmtime_r(&now, &parts);
    size = strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    made = now;
  }
  return {text, size};
}

void appendHeader(std::string& head, std::string_view name, std::string_view value) {
  head += name;
  head += ": ";
  const size_t begin = head.size();
  head += value;
  // A value that came from a plugin or a file must not begin a header of its own.
  for (const char lineEnd : {'\r', '\n'}) {
    if (value.find(lineEnd) == value.npos) continue;
    std::replace(head.begin() + static_cast<ptrdiff_t>(begin), head.end(), lineEnd, ' ');
  }
  head += "\r\n";
}

void appendHeader(std::string& head, std::string_view name, uint64_t number) {
  char digits[20];
  char* end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  head.append(name).append(": ").append(digits, end).append("\r\n");
}

}  // namespace

std::string responseHeadText(const ResponseHead& head, const ResponseHeadForm& form) {
  std::string text;
  text.reserve(512);
  text.append("HTTP/1.1 ").append(std::to_string(head.status)).append(" ");
  text.append(reasonPhrase(head.status)).append("\r\n");
  if (!head.contentType.empty()) appendHeader(text, "Content-Type", head.contentType);
  for (const auto& [name, value] : head.headers) appendHeader(text, name, value);
  text += form.lines;
  appendHeader(text, "Date", dateText(form.wallNs));
  if (!form.keepAlive) appendHeader(text, "Connection", "close");
  if (form.keepAlive && form.http10) appendHeader(text, "Connection", "keep-alive");
  bool bodiless = head.status == 204 || head.status == 304;
  if (form.framing == Framing::chunked) appendHeader(text, "Transfer-Encoding", "chunked");
  if (form.framing == Framing::length && !bodiless) appendHeader(text, "Content-Length", form.length);
  text += "\r\n";
  return text;
}

}  // namespace cleat::http
