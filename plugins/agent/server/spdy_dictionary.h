// The dictionary with which SPDY/3 compresses headers (draft-mbelshe-httpbis-spdy-00, section 2.6.10.1): the names and values
// that were common in HTTP, each name behind its length, and then texts.
#pragma once

#include <string_view>

namespace cleat::agent {

inline constexpr char kSpdyDictionaryBytes[] =
    "\0\0\0\x07" "options" "\0\0\0\x04" "head" "\0\0\0\x04" "post" "\0\0\0\x03" "put" "\0\0\0\x06" "delete"
    "\0\0\0\x05" "trace" "\0\0\0\x06" "accept" "\0\0\0\x0e" "accept-charset" "\0\0\0\x0f" "accept-encoding"
    "\0\0\0\x0f" "accept-language" "\0\0\0\x0d" "accept-ranges" "\0\0\0\x03" "age" "\0\0\0\x05" "allow"
    "\0\0\0\x0d" "authorization" "\0\0\0\x0d" "cache-control" "\0\0\0\x0a" "connection" "\0\0\0\x0c" "content-base"
    "\0\0\0\x10" "content-encoding" "\0\0\0\x10" "content-language" "\0\0\0\x0e" "content-length"
    "\0\0\0\x10" "content-location" "\0\0\0\x0b" "content-md5" "\0\0\0\x0d" "content-range"
    "\0\0\0\x0c" "content-type" "\0\0\0\x04" "date" "\0\0\0\x04" "etag" "\0\0\0\x06" "expect" "\0\0\0\x07" "expires"
    "\0\0\0\x04" "from" "\0\0\0\x04" "host" "\0\0\0\x08" "if-match" "\0\0\0\x11" "if-modified-since"
    "\0\0\0\x0d" "if-none-match" "\0\0\0\x08" "if-range" "\0\0\0\x13" "if-unmodified-since"
    "\0\0\0\x0d" "last-modified" "\0\0\0\x08" "location" "\0\0\0\x0c" "max-forwards" "\0\0\0\x06" "pragma"
    "\0\0\0\x12" "proxy-authenticate" "\0\0\0\x13" "proxy-authorization" "\0\0\0\x05" "range" "\0\0\0\x07" "referer"
    "\0\0\0\x0b" "retry-after" "\0\0\0\x06" "server" "\0\0\0\x02" "te" "\0\0\0\x07" "trailer"
    "\0\0\0\x11" "transfer-encoding" "\0\0\0\x07" "upgrade" "\0\0\0\x0a" "user-agent" "\0\0\0\x04" "vary"
    "\0\0\0\x03" "via" "\0\0\0\x07" "warning" "\0\0\0\x10" "www-authenticate" "\0\0\0\x06" "method" "\0\0\0\x03" "get"
    "\0\0\0\x06" "status" "\0\0\0\x06" "200 OK" "\0\0\0\x07" "version" "\0\0\0\x08" "HTTP/1.1" "\0\0\0\x03" "url"
    "\0\0\0\x06" "public" "\0\0\0\x0a" "set-cookie" "\0\0\0\x0a" "keep-alive" "\0\0\0\x06" "origin"
    "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 Non-Au"
    "thoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidd"
    "en404 Not Found500 Internal Server Error501 Not Implemented503 Service UnavailableJan Feb Mar Apr Ma"
    "y Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,imag"
    "e/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,publicpri"
    "vatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.";
inline constexpr std::string_view kSpdyDictionary(kSpdyDictionaryBytes, sizeof kSpdyDictionaryBytes - 1);
static_assert(kSpdyDictionary.size() == 1423);

}  // namespace cleat::agent
