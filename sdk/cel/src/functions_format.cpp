// Kubernetes' named formats: `format.dns1123Label().validate(name)` lists what is wrong with a text.
#include <array>

#include "cleat/cel/functions.h"
#include "cost_formats.h"
#include "number_text.h"
#include "regex_cache.h"
#include "url.h"

namespace cleat::cel {

namespace {

using Args = std::span<Value>;
using Faults = std::vector<std::string>;

struct Format {
  const char* name;
  Faults (*check)(std::string_view text);
  uint64_t patternSize;  // of upstream's pattern, to within what costs the same
};

const TypeRef& formatType() {
  static const TypeRef kType = types::opaque("kubernetes.NamedFormat");
  return kType;
}

bool fits(std::string_view text, const char* pattern) {
  auto compiled = findRegex(pattern);
  return re2::RE2::FullMatch(re2::StringPiece(text.data(), text.size()), *compiled);
}

std::string tooLong(size_t most) { return "must be no more than " + std::to_string(most) + " characters"; }
std::string wrong(const std::string& rule, const char* example, const std::string& pattern) {
  return rule + " (e.g. " + example + ", regex used for validation is '" + pattern + "')";
}

// A name that is one word by a regular expression.
struct NameRule {
  size_t most;  // characters
  const char* pattern;
  const char* says;
  const char* example;
};

constexpr NameRule kDnsLabel{
    63, "[a-z0-9]([-a-z0-9]*[a-z0-9])?",
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
    "must start and end with an alphanumeric character",
    "'my-name',  or '123-abc'"};
constexpr NameRule kDnsSubdomain{
    253, "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*",
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' "
    "or '.', and must start and end with an alphanumeric character",
    "'example.com'"};
constexpr NameRule kOldLabel{
    63, "[a-z]([-a-z0-9]*[a-z0-9])?",
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
    "alphabetic character, and end with an alphanumeric character",
    "'my-name',  or 'abc-123'"};
constexpr NameRule kLabelValue{
    63, "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?",
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or "
    "'.', and must start and end with an alphanumeric character",
    "'MyValue',  or 'my_value',  or '12345'"};

template <const NameRule& Rule>
Faults name(std::string_view text) {
  Faults faults;
  if (text.size() > Rule.most) faults.push_back(tooLong(Rule.most));
  if (!fits(text, Rule.pattern)) faults.push_back(wrong(Rule.says, Rule.example, Rule.pattern));
  return faults;
}

// What a name is made from may end with a dash.
template <Faults (*Check)(std::string_view)>
Faults prefix(std::string_view text) {
  std::string whole(text);
  if (whole.size() > 1 && whole.ends_with('-')) whole.back() = 'a';
  return Check(whole);
}

constexpr const char* kQualified = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

Faults qualifiedName(std::string_view text) {
  Faults faults;
  std::string_view part = text;
  if (const size_t slash = text.find('/'); slash != std::string_view::npos) {
    part = text.substr(slash + 1);
    if (part.find('/') != std::string_view::npos) {
      faults.push_back(
          wrong("a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start "
                "and end with an alphanumeric character",
                "'MyName',  or 'my.name',  or '123-abc'", kQualified) +
          " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')");
      return faults;
    }
    if (slash == 0)
      faults.emplace_back("prefix part must be non-empty");
    else
      for (const std::string& fault : name<kDnsSubdomain>(text.substr(0, slash)))
        faults.push_back("prefix part " + fault);
  }
  if (part.empty())
    faults.emplace_back("name part must be non-empty");
  else if (part.size() > 63)
    faults.push_back("name part " + tooLong(63));
  if (!fits(part, kQualified)) {
    faults.push_back("name part " +
                     wrong("must consist of alphanumeric characters, '-', '_' or '.', and must start and end "
                           "with an alphanumeric character",
                           "'MyName',  or 'my.name',  or '123-abc'", kQualified));
  }
  return faults;
}
Faults uri(std::string_view text) {
  std::string why;
  return readUrl(text, why) ? Faults() : Faults{why};
}
Faults uuid(std::string_view text) {
  if (fits(text, "(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")) return {};
  return {"does not match the UUID format"};
}
Faults byte(std::string_view text) {
  if (text.size() % 4 == 0 && fits(text, "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")) return {};
  return {"invalid base64"};
}
Faults date(std::string_view text) {
  if (text.size() == 10 && readTimestamp(std::string(text) + "T00:00:00Z")) return {};
  return {"invalid date"};
}
Faults dateTime(std::string_view text) { return readTimestamp(text) ? Faults() : Faults{"invalid datetime"}; }

constexpr std::array<Format, 13> kFormats{{{"dns1123Label", name<kDnsLabel>, 30},
                                           {"dns1123Subdomain", name<kDnsSubdomain>, 60},
                                           {"dns1035Label", name<kOldLabel>, 30},
                                           {"qualifiedName", qualifiedName, 60},
                                           {"dns1123LabelPrefix", prefix<name<kDnsLabel>>, 30},
                                           {"dns1123SubdomainPrefix", prefix<name<kDnsSubdomain>>, 60},
                                           {"dns1035LabelPrefix", prefix<name<kOldLabel>>, 30},
                                           {"labelValue", name<kLabelValue>, 40},
                                           {"uri", uri, 1104},
                                           {"uuid", uuid, 72},
                                           {"byte", byte, 84},
                                           {"date", date, 72},
                                           {"datetime", dateTime, 72}}};

class FormatValue : public OpaqueValue {
 public:
  explicit FormatValue(const Format& format) : format(format) {}
  const TypeRef& type() const override { return formatType(); }
  bool equals(const OpaqueValue& other) const override {
    return &format == &static_cast<const FormatValue&>(other).format;
  }
  const Format& format;
};

Value valueOf(const Format& format) { return Value::opaque(makeShared<const FormatValue>(format)); }

template <size_t N>
Value constant(Args) {
  return valueOf(kFormats[N]);
}

Value named(Args args) {
  for (const Format& format : kFormats) {
    if (args[0].asText() == format.name) return Value::optional(valueOf(format));
  }
  return Value::optional({});
}

Value validate(Args args) {
  const Faults faults = static_cast<const FormatValue&>(args[0].asOpaque()).format.check(args[1].asText());
  if (faults.empty()) return Value::optional({});
  std::vector<Value> all;
  for (const std::string& fault : faults) all.push_back(Value::ownText(fault));
  return Value::optional(Value::list(std::move(all)));
}

template <size_t... N>
void addEach(FunctionTable& table, std::index_sequence<N...>) {
  (table.add(std::string("format.") + kFormats[N].name,
             {.id = std::string("format-") + kFormats[N].name, .result = formatType(), .run = constant<N>}),
   ...);
}

}  // namespace

uint64_t patternSizeOf(const Value& format) {
  return static_cast<const FormatValue&>(format.asOpaque()).format.patternSize;
}

void addFormats(FunctionTable& table) {
  addEach(table, std::make_index_sequence<kFormats.size()>());
  table.add("format.named",
            {.id = "format-named", .params = {types::text()}, .result = types::optional(formatType()), .run = named});
  table.add("validate", {.id = "format-validate",
                         .isMember = true,
                         .params = {formatType(), types::text()},
                         .result = types::optional(types::list(types::text())),
                         .run = validate,
                         .cost = CostRule::validateFormat});
  table.addType(formatType());
}

}  // namespace cleat::cel
