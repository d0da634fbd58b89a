// Kubernetes' functions on IP addresses and CIDR ranges.
#include "address.h"
#include "cleat/cel/functions.h"

namespace cleat::cel {

namespace {

using Args = std::span<Value>;

const TypeRef& addressType() {
  static const TypeRef kType = types::opaque("net.IP");
  return kType;
}
const TypeRef& cidrType() {
  static const TypeRef kType = types::opaque("net.CIDR");
  return kType;
}

class AddressValue : public OpaqueValue {
 public:
  explicit AddressValue(Address address) : address(address) {}
  const TypeRef& type() const override { return addressType(); }
  bool equals(const OpaqueValue& other) const override {
    return address == static_cast<const AddressValue&>(other).address;
  }
  uint64_t size() const override { return address.isV4 ? 4 : 16; }
  const Address address;
};

class CidrValue : public OpaqueValue {
 public:
  explicit CidrValue(Cidr cidr) : cidr(cidr) {}
  const TypeRef& type() const override { return cidrType(); }
  bool equals(const OpaqueValue& other) const override { return cidr == static_cast<const CidrValue&>(other).cidr; }
  uint64_t size() const override { return static_cast<uint64_t>(cidr.prefix + 7) / 8; }
  const Cidr cidr;
};

const Address& addressOf(const Value& value) { return static_cast<const AddressValue&>(value.asOpaque()).address; }
const Cidr& cidrOf(const Value& value) { return static_cast<const CidrValue&>(value.asOpaque()).cidr; }
Value valueOf(const Address& address) { return Value::opaque(makeShared<const AddressValue>(address)); }
Value valueOf(const Cidr& cidr) { return Value::opaque(makeShared<const CidrValue>(cidr)); }

Value noAddress(std::string_view text, const std::string& why) {
  // What is an address, and none of those that are taken, says so itself.
  if (why.ends_with("is not allowed")) return Value::error(why);
  return Value::error("IP Address \"" + std::string(text) + "\" parse error during conversion from string: " + why);
}
Value noCidr(std::string_view text, const std::string& why) {
  return Value::error("network address parse error during conversion from string: " +
                      (why.empty() ? std::string(text) : why));
}

Value ip(Args args) {
  std::string why;
  const auto address = readAddress(args[0].asText(), why);
  return address ? valueOf(*address) : noAddress(args[0].asText(), why);
}
Value isIp(Args args) {
  std::string why;
  return Value::boolean(readAddress(args[0].asText(), why).has_value());
}
Value isCanonical(Args args) {
  std::string why;
  const auto address = readAddress(args[0].asText(), why);
  if (!address) return noAddress(args[0].asText(), why);
  return Value::boolean(address->text() == args[0].asText());
}
Value textOfAddress(Args args) { return Value::ownText(addressOf(args[0]).text()); }
Value family(Args args) { return Value::integer(addressOf(args[0]).isV4 ? 4 : 6); }

template <bool (Address::*F)() const>
Value is(Args args) {
  return Value::boolean((addressOf(args[0]).*F)());
}

Value cidr(Args args) {
  std::string why;
  const auto cidr = readCidr(args[0].asText(), why);
  return cidr ? valueOf(*cidr) : noCidr(args[0].asText(), why);
}
Value isCidr(Args args) {
  std::string why;
  return Value::boolean(readCidr(args[0].asText(), why).has_value());
}
Value textOfCidr(Args args) { return Value::ownText(cidrOf(args[0]).text()); }
Value containsIp(Args args) { return Value::boolean(cidrOf(args[0]).contains(addressOf(args[1]))); }
Value containsIpText(Args args) {
  std::string why;
  const auto address = readAddress(args[1].asText(), why);
  return address ? Value::boolean(cidrOf(args[0]).contains(*address)) : Value::error("no such overload");
}
Value containsCidr(Args args) { return Value::boolean(cidrOf(args[0]).contains(cidrOf(args[1]))); }
Value containsCidrText(Args args) {
  std::string why;
  const auto cidr = readCidr(args[1].asText(), why);
  return cidr ? Value::boolean(cidrOf(args[0]).contains(*cidr)) : noCidr(args[1].asText(), why);
}
Value addressOfCidr(Args args) { return valueOf(cidrOf(args[0]).address); }
Value masked(Args args) {
  const Cidr& cidr = cidrOf(args[0]);
  return valueOf(Cidr{cidr.address.masked(cidr.prefix), cidr.prefix});
}
Value prefixLength(Args args) { return Value::integer(cidrOf(args[0]).prefix); }

}  // namespace

void addAddresses(FunctionTable& table) {
  const TypeRef &t = types::text(), &b = types::boolean(), &i = types::integer();
  const TypeRef &address = addressType(), &range = cidrType();
  const auto global = [&](const char* name, const char* id, const TypeRef& of, const TypeRef& result, Function run,
                          CostRule cost) {
    table.add(name, {.id = id, .params = {of}, .result = result, .run = run, .cost = cost});
  };
  const auto member = [&](const char* name, const char* id, std::vector<TypeRef> params, const TypeRef& result,
                          Function run, CostRule cost = CostRule::one) {
    table.add(name,
              {.id = id, .isMember = true, .params = std::move(params), .result = result, .run = run, .cost = cost});
  };
  global("ip", "string_to_ip", t, address, ip, CostRule::scan);
  global("isIP", "is_ip", t, b, isIp, CostRule::scan);
  global("ip.isCanonical", "ip_is_canonical", t, b, isCanonical, CostRule::twice);
  global("string", "ip_to_string", address, t, textOfAddress, CostRule::one);
  member("family", "ip_family", {address}, i, family);
  member("isUnspecified", "ip_is_unspecified", {address}, b, is<&Address::isUnspecified>);
  member("isLoopback", "ip_is_loopback", {address}, b, is<&Address::isLoopback>);
  member("isLinkLocalMulticast", "ip_is_link_local_multicast", {address}, b, is<&Address::isLinkLocalMulticast>);
  member("isLinkLocalUnicast", "ip_is_link_local_unicast", {address}, b, is<&Address::isLinkLocalUnicast>);
  member("isGlobalUnicast", "ip_is_global_unicast", {address}, b, is<&Address::isGlobalUnicast>);
  global("cidr", "string_to_cidr", t, range, cidr, CostRule::scan);
  global("isCIDR", "is_cidr", t, b, isCidr, CostRule::scan);
  global("string", "cidr_to_string", range, t, textOfCidr, CostRule::one);
  member("containsIP", "cidr_contains_ip_ip", {range, address}, b, containsIp, CostRule::addressInCidr);
  member("containsIP", "cidr_contains_ip_string", {range, t}, b, containsIpText, CostRule::addressTextInCidr);
  member("containsCIDR", "cidr_contains_cidr", {range, range}, b, containsCidr, CostRule::cidrInCidr);
  member("containsCIDR", "cidr_contains_cidr_string", {range, t}, b, containsCidrText, CostRule::cidrTextInCidr);
  member("ip", "cidr_ip", {range}, address, addressOfCidr);
  member("masked", "cidr_masked", {range}, range, masked);
  member("prefixLength", "cidr_prefix_length", {range}, i, prefixLength);
  table.addType(address);
  table.addType(range);
}

}  // namespace cleat::cel
