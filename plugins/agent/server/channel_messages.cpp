#include "server/channel_messages.h"

#include <openssl/evp.h>

#include <algorithm>

namespace cleat::agent {
namespace {

void appendBase64(std::string& out, std::string_view bytes) {
  size_t before = out.size();
  out.resize(before + (bytes.size() + 2) / 3 * 4 + 1);  // OpenSSL ends it with a zero
  int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data() + before),
                             reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  out.resize(before + static_cast<size_t>(size));
}

bool decodeBase64(std::string_view text, std::string& out) {
  out.resize(text.size() / 4 * 3);
  if (text.empty()) return true;
  size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  // OpenSSL takes padding anywhere.
  if (text.size() % 4 != 0 || text.find('=') < text.size() - padding) return false;
  int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                             reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0) return false;
  // And counts what it stands for.
  out.resize(static_cast<size_t>(size) - padding);
  return true;
}

}  // namespace

ChannelCodec::ChannelCodec(std::string_view protocol) : base64_(protocol.find("base64.") != std::string_view::npos) {}

std::string_view ChannelCodec::encode(unsigned char channel, std::string_view bytes) {
  out_.assign(1, static_cast<char>(base64_ ? '0' + channel : channel));
  if (base64_) {
    appendBase64(out_, bytes);
  } else {
    out_ += bytes;
  }
  return out_;
}

std::optional<ChannelCodec::Message> ChannelCodec::decode(std::string_view text) {
  if (text.empty()) return std::nullopt;
  auto channel = static_cast<unsigned char>(text[0]);
  text.remove_prefix(1);
  if (!base64_) return Message{channel, text};
  if (!decodeBase64(text, in_)) return std::nullopt;
  return Message{static_cast<unsigned char>(channel - '0'), in_};
}

std::string encodeBase64(std::string_view bytes) {
  std::string out;
  appendBase64(out, bytes);
  return out;
}

std::optional<std::string> agreeOnSubprotocol(const HttpHead& request, const std::vector<std::string>& served) {
  std::vector<std::string> named = listedIn(request, "Sec-WebSocket-Protocol");
  if (named.empty()) return std::string();
  auto first = std::find_first_of(named.begin(), named.end(), served.begin(), served.end());
  if (first == named.end()) return std::nullopt;
  return *first;
}

}  // namespace cleat::agent
