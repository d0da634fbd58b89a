// Messages of DNS (RFC 1035, EDNS0 of RFC 6891): what a client asks, what an upstream answers, and the writing of both.
//
// Whatever comes from outside is taken to be hostile: a pointer in a name leads backwards only, a name has 255 bytes at
// most, lengths are held against what is there, and work is in proportion to the message's size.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cleat::dns {

enum Type : uint16_t {
  kTypeA = 1,
  kTypeNs = 2,
  kTypeCname = 5,
  kTypeSoa = 6,
  kTypePtr = 12,
  kTypeTxt = 16,
  kTypeAaaa = 28,
  kTypeSrv = 33,
  kTypeOpt = 41,
  kTypeIxfr = 251,
  kTypeAxfr = 252,
  kTypeAny = 255,
};
inline constexpr uint16_t kClassIn = 1;

enum class Rcode : uint16_t {
  noError = 0,
  formatError = 1,
  serverFailure = 2,
  nameError = 3,
  notImplemented = 4,
  refused = 5,
  badVersion = 16,
};

enum Flag : uint16_t {
  kResponse = 0x8000,
  kAuthoritative = 0x0400,
  kTruncated = 0x0200,
  kRecursionDesired = 0x0100,
  kRecursionAvailable = 0x0080,
  kCheckingDisabled = 0x0010,
};

inline constexpr size_t kHeaderBytes = 12;
inline constexpr size_t kMostNameBytes = 255;
inline constexpr size_t kMostLabelBytes = 63;
inline constexpr size_t kPlainUdpBytes = 512;  // what a client takes that does not say how much
inline constexpr size_t kMostUdpBytes = 1232;  // fits a packet that nobody has to split
inline constexpr size_t kMostMessageBytes = 65535;

// The labels of a name as they are: any bytes, in the case they were written in. None: the root.
using Name = std::vector<std::string>;

// "a.b.c" as a name; a last dot counts for nothing. Nothing for what is no name.
std::optional<Name> parseName(std::string_view text);
std::string textOf(const Name& name);
Name lowered(Name name);

// Appends the name as it stands in a message, without compression.
void appendName(std::string& out, const Name& name);
void append16(std::string& out, uint16_t value);
void append32(std::string& out, uint32_t value);

struct Question {
  Name name;
  uint16_t type = 0;
  uint16_t dnsClass = kClassIn;
  bool operator==(const Question&) const = default;
};

// The part of a query that answers depend on.
struct Query {
  uint16_t id = 0;
  uint16_t flags = 0;
  bool hasQuestion = false;
  Question question;
  bool edns = false;
  uint16_t udpBytes = kPlainUdpBytes;  // never less
  bool dnssecOk = false;
};

struct ParsedQuery {
  // No answer at all: what came is too short, or an answer itself.
  bool silent = false;
  // Other than noError: the answer is this.
  Rcode fault = Rcode::noError;
  Query query;
};
ParsedQuery parseQuery(std::string_view message);

// A record. Without an owner it belongs to the question's name.
struct Record {
  std::optional<Name> owner;
  uint16_t type = 0;
  uint32_t ttl = 0;
  std::string rdata;
};

struct Response {
  uint16_t id = 0;
  uint16_t flags = 0;
  Question question;
  std::vector<Record> addresses;  // of the answers: A, AAAA and CNAME, with owners, names not compressed
  Rcode rcode() const { return static_cast<Rcode>(flags & 0xf); }
};
// Nothing for what is no answer to one question.
std::optional<Response> parseResponse(std::string_view message);

struct Reply {
  Rcode rcode = Rcode::noError;
  bool authoritative = false;
  bool truncated = false;
  std::vector<Record> answers, authority, additional;
};

// At most `limit` bytes. Answers and authority that do not fit are left out and TC is set; additional records are just
// left out.
std::string writeReply(const Query& query, const Reply& reply, size_t limit);

// A query of our own. With `edns` it offers kMostUdpBytes.
std::string writeQuery(uint16_t id, const Query& original, const Question& question);

// Bytes that this client takes over UDP.
size_t udpLimit(const Query& query);

}  // namespace cleat::dns
