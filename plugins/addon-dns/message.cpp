#include "message.h"

#include <algorithm>
#include <cctype>

namespace cleat::dns {
namespace {

constexpr uint16_t kOpcodeMask = 0x7800;
constexpr uint32_t kDnssecOk = 0x8000;
constexpr size_t kOptBytes = 11;

// Reads on from a place; after the first read beyond the end everything is zero and `good` is false.
class Reader {
 public:
  explicit Reader(std::string_view message) : message_(message) {}

  bool good() const { return good_; }
  bool atEnd() const { return at_ == message_.size(); }
  size_t at() const { return at_; }

  uint8_t byte() {
    if (at_ >= message_.size()) {
      good_ = false;
      return 0;
    }
    return static_cast<uint8_t>(message_[at_++]);
  }
  uint16_t number16() {
    const uint16_t high = byte();
    return static_cast<uint16_t>(high << 8 | byte());
  }
  uint32_t number32() {
    const uint32_t high = number16();
    return high << 16 | number16();
  }
  std::string_view bytes(size_t count) {
    if (message_.size() - at_ < count) {
      good_ = false;
      return {};
    }
    at_ += count;
    return message_.substr(at_ - count, count);
  }

  // Pointers are followed where they lead to what stands before the name, each further back than the one before.
  Name name() {
    Name out;
    size_t total = 1, end = 0, lowest = at_;
    while (good_) {
      const uint8_t length = byte();
      if (!good_ || length == 0) break;
      if ((length & 0xc0) == 0xc0) {
        const size_t target = static_cast<size_t>(length & 0x3f) << 8 | byte();
        if (!good_ || target >= lowest || target < kHeaderBytes) return bad();
        if (end == 0) end = at_;
        lowest = at_ = target;
        continue;
      }
      total += 1u + length;
      if (length > kMostLabelBytes || total > kMostNameBytes) return bad();
      out.emplace_back(bytes(length));
    }
    if (end != 0) at_ = end;
    return good_ ? out : Name();
  }

  void skipName() {
    size_t total = 0;
    while (good_) {
      const uint8_t length = byte();
      if (length == 0) return;
      if ((length & 0xc0) == 0xc0) {
        byte();
        return;
      }
      total += 1u + length;
      if (length > kMostLabelBytes || total > kMostNameBytes) good_ = false;
      bytes(length);
    }
  }

  void moveTo(size_t at) { at_ = at; }

 private:
  Name bad() {
    good_ = false;
    return {};
  }

  std::string_view message_;
  size_t at_ = 0;
  bool good_ = true;
};

// The OPT record of a query, whose other records do not matter. False for what is none.
bool readAdditional(Reader& reader, size_t before, size_t additional, Query& query, Rcode& fault) {
  for (size_t i = 0; i < before + additional; ++i) {
    const size_t start = reader.at();
    reader.skipName();
    const bool root = reader.at() == start + 1;
    const uint16_t type = reader.number16();
    const uint16_t dnsClass = reader.number16();
    const uint32_t ttl = reader.number32();
    reader.bytes(reader.number16());
    if (!reader.good()) return false;
    if (type != kTypeOpt) continue;
    if (i < before || !root || query.edns) return false;
    query.edns = true;
    query.udpBytes = std::max<uint16_t>(dnsClass, kPlainUdpBytes);
    query.dnssecOk = (ttl & kDnssecOk) != 0;
    if ((ttl >> 16 & 0xff) != 0) fault = Rcode::badVersion;
  }
  return reader.atEnd();
}

// Puts a reply together and keeps it within its limit.
class Writer {
 public:
  Writer(const Query& query, size_t limit) : limit_(limit - (query.edns ? kOptBytes : 0)) {
    out_.reserve(kPlainUdpBytes);
    out_.resize(kHeaderBytes);
    if (!query.hasQuestion) return;
    appendName(out_, query.question.name);
    append16(out_, query.question.type);
    append16(out_, query.question.dnsClass);
  }

  // False when it does not fit.
  bool add(const Record& record) {
    const size_t before = out_.size();
    if (record.owner)
      appendName(out_, *record.owner);
    else
      append16(out_, 0xc000 | kHeaderBytes);  // the question's name
    append16(out_, record.type);
    append16(out_, kClassIn);
    append32(out_, record.ttl);
    append16(out_, static_cast<uint16_t>(record.rdata.size()));
    out_ += record.rdata;
    if (out_.size() <= limit_) return true;
    out_.resize(before);
    return false;
  }
  // How many of them fit.
  uint16_t addAll(const std::vector<Record>& records) {
    uint16_t count = 0;
    for (const Record& record : records) {
      if (!add(record)) break;
      ++count;
    }
    return count;
  }
  void set16(size_t at, uint16_t value) {
    out_[at] = static_cast<char>(value >> 8);
    out_[at + 1] = static_cast<char>(value);
  }
  void addOpt(Rcode rcode, bool dnssecOk) {
    out_ += '\0';
    append16(out_, kTypeOpt);
    append16(out_, kMostUdpBytes);
    append32(out_, (static_cast<uint32_t>(rcode) >> 4) << 24 | (dnssecOk ? kDnssecOk : 0));
    append16(out_, 0);
  }
  std::string take() { return std::move(out_); }

 private:
  size_t limit_;
  std::string out_;
};

}  // namespace

std::optional<Name> parseName(std::string_view text) {
  Name name;
  size_t total = 1;
  if (text.ends_with('.')) text.remove_suffix(1);
  while (!text.empty()) {
    const size_t dot = std::min(text.find('.'), text.size());
    if (dot == 0 || dot > kMostLabelBytes || dot + 1 == text.size()) return std::nullopt;
    total += dot + 1;
    name.emplace_back(text.substr(0, dot));
    text.remove_prefix(std::min(dot + 1, text.size()));
  }
  return total <= kMostNameBytes ? std::optional(std::move(name)) : std::nullopt;
}

std::string textOf(const Name& name) {
  std::string out;
  for (const std::string& label : name) {
    if (!out.empty()) out += '.';
    out += label;
  }
  return out;
}

Name lowered(Name name) {
  for (std::string& label : name)
    for (char& c : label)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return name;
}

void append16(std::string& out, uint16_t value) {
  out += static_cast<char>(value >> 8);
  out += static_cast<char>(value);
}

void append32(std::string& out, uint32_t value) {
  append16(out, static_cast<uint16_t>(value >> 16));
  append16(out, static_cast<uint16_t>(value));
}

void appendName(std::string& out, const Name& name) {
  for (const std::string& label : name) {
    out += static_cast<char>(label.size());
    out += label;
  }
  out += '\0';
}

ParsedQuery parseQuery(std::string_view message) {
  ParsedQuery parsed;
  Query& query = parsed.query;
  Reader reader(message);
  query.id = reader.number16();
  query.flags = reader.number16();
  const size_t questions = reader.number16(), answers = reader.number16(), authority = reader.number16(),
               additional = reader.number16();
  if (!reader.good() || (query.flags & kResponse) != 0) {
    parsed.silent = true;
    return parsed;
  }
  if ((query.flags & kOpcodeMask) != 0) {
    parsed.fault = Rcode::notImplemented;
    return parsed;
  }
  parsed.fault = Rcode::formatError;
  if (questions != 1) return parsed;
  query.question.name = reader.name();
  query.question.type = reader.number16();
  query.question.dnsClass = reader.number16();
  if (!reader.good()) return parsed;
  query.hasQuestion = true;
  Rcode fault = Rcode::noError;
  if (readAdditional(reader, answers + authority, additional, query, fault)) parsed.fault = fault;
  return parsed;
}

std::optional<Response> parseResponse(std::string_view message) {
  Response response;
  Reader reader(message);
  response.id = reader.number16();
  response.flags = reader.number16();
  const size_t questions = reader.number16(), answers = reader.number16();
  reader.number32();
  if (!reader.good() || (response.flags & kResponse) == 0 || questions != 1) return std::nullopt;
  response.question.name = reader.name();
  response.question.type = reader.number16();
  response.question.dnsClass = reader.number16();
  if (!reader.good()) return std::nullopt;
  for (size_t i = 0; i < answers; ++i) {
    Record record;
    record.owner = reader.name();
    record.type = reader.number16();
    const uint16_t dnsClass = reader.number16();
    record.ttl = reader.number32();
    const size_t length = reader.number16(), start = reader.at();
    const std::string_view rdata = reader.bytes(length);
    // A message that was cut may end anywhere.
    if (!reader.good()) return (response.flags & kTruncated) != 0 ? std::optional(std::move(response)) : std::nullopt;
    if (dnsClass != kClassIn) continue;
    if (record.type == kTypeCname) {
      reader.moveTo(start);
      const Name target = reader.name();
      if (!reader.good() || reader.at() != start + length) return std::nullopt;
      appendName(record.rdata, target);
    } else if ((record.type == kTypeA && length == 4) || (record.type == kTypeAaaa && length == 16)) {
      record.rdata = rdata;
    } else {
      continue;
    }
    response.addresses.push_back(std::move(record));
  }
  return response;
}

std::string writeReply(const Query& query, const Reply& reply, size_t limit) {
  Writer writer(query, limit);
  const uint16_t answers = writer.addAll(reply.answers);
  bool truncated = reply.truncated || answers < reply.answers.size();
  const uint16_t authority = truncated ? 0 : writer.addAll(reply.authority);
  truncated = truncated || authority < reply.authority.size();
  uint16_t additional = truncated ? 0 : writer.addAll(reply.additional);
  if (query.edns) {
    writer.addOpt(reply.rcode, query.dnssecOk);
    ++additional;
  }
  const auto kept = static_cast<uint16_t>(query.flags & (kOpcodeMask | kRecursionDesired | kCheckingDisabled));
  auto flags =
      static_cast<uint16_t>(kResponse | kRecursionAvailable | kept | (static_cast<uint16_t>(reply.rcode) & 0xf));
  if (reply.authoritative) flags |= kAuthoritative;
  if (truncated) flags |= kTruncated;
  const uint16_t head[] = {query.id, flags,     query.hasQuestion ? uint16_t{1} : uint16_t{0},
                           answers,  authority, additional};
  for (size_t i = 0; i < std::size(head); ++i) writer.set16(2 * i, head[i]);
  return writer.take();
}

std::string writeQuery(uint16_t id, const Query& original, const Question& question) {
  std::string out;
  append16(out, id);
  append16(out, static_cast<uint16_t>(kRecursionDesired | (original.flags & kCheckingDisabled)));
  for (const uint16_t count : {1, 0, 0, original.edns ? 1 : 0}) append16(out, count);
  appendName(out, question.name);
  append16(out, question.type);
  append16(out, question.dnsClass);
  if (original.edns) {
    out += '\0';
    append16(out, kTypeOpt);
    append16(out, static_cast<uint16_t>(udpLimit(original)));
    append32(out, original.dnssecOk ? kDnssecOk : 0);
    append16(out, 0);
  }
  return out;
}

size_t udpLimit(const Query& query) { return std::clamp<size_t>(query.udpBytes, kPlainUdpBytes, kMostUdpBytes); }

}  // namespace cleat::dns
