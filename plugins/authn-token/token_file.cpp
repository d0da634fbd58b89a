#include "token_file.h"

#include <optional>

namespace cleat {
namespace {

constexpr size_t kLeastFields = 3;

// The fields of a line of comma-separated values (RFC 4180): "…" around a field that holds commas, a quote within
// doubled. None where a quote is not closed, or stands within a field without quotes.
std::optional<std::vector<std::string>> splitLine(std::string_view line) {
  std::vector<std::string> fields(1);
  bool quoted = false, closed = false;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted && c == '"' && i + 1 < line.size() && line[i + 1] == '"') {
      fields.back() += line[++i];
    } else if (quoted && c == '"') {
      quoted = false;
      closed = true;
    } else if (quoted) {
      fields.back() += c;
    } else if (c == ',') {
      fields.emplace_back();
      closed = false;
    } else if (c == '"' && fields.back().empty() && !closed) {
      quoted = true;
    } else if (c == '"' || closed) {
      return std::nullopt;
    } else {
      fields.back() += c;
    }
  }
  if (quoted) return std::nullopt;
  return fields;
}

std::vector<std::string> splitGroups(std::string_view text) {
  std::vector<std::string> groups;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    if (comma != 0) groups.emplace_back(text.substr(0, comma));
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return groups;
}

std::string_view wrongWith(const std::optional<std::vector<std::string>>& fields) {
  if (!fields) return "a quote is not closed, or stands where none may";
  if (fields->size() < kLeastFields) return "there are fewer than the three columns token, user and uid";
  if ((*fields)[0].empty()) return "the token is empty";
  if ((*fields)[1].empty()) return "the user is empty";
  return {};
}

}  // namespace

TokenTable TokenTable::parse(std::string_view text, const std::function<void(int, std::string_view)>& complain) {
  TokenTable table;
  int number = 0;
  while (!text.empty()) {
    ++number;
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line[0] == '#') continue;
    std::optional<std::vector<std::string>> fields = splitLine(line);
    if (std::string_view why = wrongWith(fields); !why.empty()) {
      complain(number, why);
      continue;
    }
    fields->resize(kLeastFields + 1);
    TokenIdentity identity{(*fields)[1], (*fields)[2], splitGroups((*fields)[3])};
    const bool fresh = table.identities_.insert_or_assign(digestOf((*fields)[0]), std::move(identity)).second;
    if (!fresh) complain(number, "the token stands in a line above as well; this one counts");
  }
  return table;
}

const TokenIdentity* TokenTable::find(std::string_view token) const {
  auto found = identities_.find(digestOf(token));
  return found == identities_.end() ? nullptr : &found->second;
}

TokenTable::Digest TokenTable::digestOf(std::string_view token) {
  Digest digest;
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest.data());
  return digest;
}

}  // namespace cleat
