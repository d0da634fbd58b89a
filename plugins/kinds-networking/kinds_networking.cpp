// kinds-networking: of networking.k8s.io/v1 what services take their addresses from: IPAddress, whose name is an
// address that is in use, and ServiceCIDR, a range of addresses for services.
#include <cleat/sdk/kinds/networking_v1.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/plugin.h>

#include <set>

#include "kinds-common/addresses.h"
#include "kinds-common/kinds_plugin.h"
#include "kinds-common/names.h"

namespace cleat::kinds {

namespace {

constexpr const char* kSchemaFile = "kinds/networking_v1.capnp";

void checkParent(networking_v1::ParentReference::Reader parent, const Path& path, Findings& findings) {
  if (parent.getGroup().size() > 0) {
    Wrongs wrongs = wrongDns1123Subdomain(view(parent.getGroup()));
    if (!wrongs.empty()) findings.invalidEach(path / "group", parent.getGroup(), wrongs);
  }
  auto segment = [&](capnp::Text::Reader text, const char* field, bool required) {
    if (text.size() == 0) {
      if (required) findings.required(path / field);
      return;
    }
    Wrongs wrongs = wrongPathSegment(view(text));
    if (!wrongs.empty()) findings.invalidEach(path / field, text, wrongs);
  };
  segment(parent.getResource(), "resource", true);
  segment(parent.getName(), "name", true);
  segment(parent.getNamespace(), "namespace", false);
}

void validateAddress(const Change<networking_v1::IPAddress>& change, Findings& findings) {
  const Path path = Path("spec") / "parentRef";
  std::string_view name = view(change.object.getMetadata().getName());
  auto ip = Ip::parse(name);
  if (change.isCreate() && (!ip || ip->text() != name)) {
    findings.invalid(Path("metadata") / "name", name, "must be a canonical format IP address");
  }
  if (!change.object.getSpec().hasParentRef()) {
    findings.required(path);
    return;
  }
  if (change.old && !sameStruct(change.old->getSpec().getParentRef(), change.object.getSpec().getParentRef())) {
    findings.invalid(path, Shown::plain("{}"), kImmutable);
  }
  checkParent(change.object.getSpec().getParentRef(), path, findings);
}

void validateCidr(const Change<networking_v1::ServiceCIDR>& change, Findings& findings) {
  if (change.isStatus()) return;
  auto cidrs = change.object.getSpec().getCidrs();
  const Path path = Path("spec") / "cidrs";
  if (change.old && !sameStruct(change.old->getSpec().getCidrs(), cidrs)) {
    findings.invalid(path, Shown::list(strings(cidrs)), kImmutable);
    return;
  }
  if (cidrs.size() == 0) findings.required(path, "at least one CIDR required");
  if (cidrs.size() > 2) findings.tooMany(path, cidrs.size(), 2);
  std::set<bool> families;
  for (uint32_t i = 0; i < cidrs.size(); ++i) {
    auto cidr = checkCidr(view(cidrs[i]), path[i], findings);
    if (!cidr) continue;
    if (cidr->text() != view(cidrs[i])) {
      findings.invalid(path[i], cidrs[i], concat("must be in canonical form (\"", cidr->text(), "\")"));
    }
    if (!families.insert(cidr->is4()).second) {
      findings.invalid(path, Shown::list(strings(cidrs)),
                       "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/96");
    }
  }
}

void printAddress(networking_v1::IPAddress::Reader address, Cells& cells) {
  auto parent = address.getSpec().getParentRef();
  std::string text = str(parent.getResource());
  if (parent.getGroup().size() > 0) text = concat(text, ".", view(parent.getGroup()));
  if (parent.getNamespace().size() > 0) text = concat(text, "/", view(parent.getNamespace()));
  cells.text(address.getMetadata().getName());
  cells.text(address.getSpec().hasParentRef() ? concat(text, "/", view(parent.getName())) : std::string("<none>"));
  cells.age(address.getMetadata().getCreationTimestamp());
}

void printCidr(networking_v1::ServiceCIDR::Reader range, Cells& cells) {
  cells.text(range.getMetadata().getName());
  cells.text(joined(strings(range.getSpec().getCidrs()), ","));
  cells.age(range.getMetadata().getCreationTimestamp());
}

}  // namespace

class NetworkingKinds : public KindsPlugin {
 public:
  explicit NetworkingKinds(Context& context) : KindsPlugin(context) {
    table().add<networking_v1::IPAddress>(
        {.structFile = kSchemaFile,
         .shortNames = {"ip"},
         .columns = {nameColumn(), {"ParentRef", "string", "The object that uses the address."}, ageColumn()},
         .nameRule = "ip",
         .keepsGeneration = true},
        {nullptr, validateAddress, printAddress});
    table().add<networking_v1::ServiceCIDR>(
        {.structFile = kSchemaFile,
         .columns = {nameColumn(), {"CIDRs", "string", "The ranges of addresses."}, ageColumn()},
         .hasStatus = true,
         .keepsGeneration = true,
         .statusLeavesMetadata = {"labels", "annotations", "finalizers", "ownerReferences"}},
        {nullptr, validateCidr, printCidr});
    table().addStatus<networking_v1::ServiceCIDR>();
  }
};

}  // namespace cleat::kinds

CLEAT_PLUGIN(cleat::kinds::NetworkingKinds, .name = "kinds-networking", .version = "0.1.0", .maturity = "alpha",
             .roles = "kinds", .flags = CLEAT_FLAG_CONCURRENT_CALLS);
