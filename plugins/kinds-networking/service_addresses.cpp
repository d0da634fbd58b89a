#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>

#include "kinds-common/addresses.h"
#include "kinds-common/names.h"
#include "kinds-networking/networking_kinds.h"

namespace cleat::kinds::networking {

using networking_v1::IPAddress;
using networking_v1::ServiceCIDR;

namespace {

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

void validateAddress(const Change<IPAddress>& change, Findings& findings) {
  const Path path = Path("spec") / "parentRef";
  if (change.object.getSpec().hasParentRef()) {
    checkParent(change.object.getSpec().getParentRef(), path, findings);
  } else {
    findings.required(path);
  }
  if (change.old && !sameStruct(change.old->getSpec().getParentRef(), change.object.getSpec().getParentRef())) {
    findings.invalid(path, Shown::null(), kImmutable);
  }
}

using Texts = capnp::List<capnp::Text>::Reader;

Shown shown(Texts cidrs) { return Shown::list(strings(cidrs)); }

void checkRanges(Texts cidrs, const Path& path, Findings& findings) {
  if (cidrs.size() == 0) return findings.required(path, "at least one CIDR required");
  if (cidrs.size() > 2) {
    return findings.invalid(path, Shown::plain(concat("{\"CIDRs\":", shown(cidrs).text(), "}")),
                            "may only hold up to 2 values");
  }
  std::vector<Cidr> found;
  for (uint32_t i = 0; i < cidrs.size(); ++i) {
    const size_t before = findings.causes().size();
    auto cidr = checkStrictCidr(view(cidrs[i]), path[i], findings);
    if (!cidr) continue;
    if (findings.causes().size() == before && cidr->text() != view(cidrs[i])) {
      findings.invalid(path[i], cidrs[i], concat("must be in canonical form (\"", cidr->text(), "\")"));
    }
    found.push_back(*cidr);
  }
  if (found.size() == 2 && found[0].is4() == found[1].is4()) {
    findings.invalid(path, shown(cidrs),
                     "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64");
  }
}

// What there is stays as it is; a range of the other family may come to it.
void validateCidr(const Change<ServiceCIDR>& change, Findings& findings) {
  if (change.isStatus()) return;
  const Path path = Path("spec") / "cidrs";
  auto cidrs = change.object.getSpec().getCidrs();
  if (!change.old) return checkRanges(cidrs, path, findings);
  auto had = change.old->getSpec().getCidrs();
  const bool grows = had.size() == 1 && cidrs.size() == 2;
  if (!grows && had.size() != cidrs.size()) return findings.invalid(path, shown(cidrs), kImmutable);
  for (uint32_t i = 0; i < had.size(); ++i) {
    if (view(had[i]) != view(cidrs[i])) findings.invalid(path[i], cidrs[i], kImmutable);
  }
  if (grows) checkRanges(cidrs, path, findings);
}

void printAddress(IPAddress::Reader address, Cells& cells) {
  auto parent = address.getSpec().getParentRef();
  std::string text = str(parent.getResource());
  if (parent.getGroup().size() > 0) text = concat(text, ".", view(parent.getGroup()));
  text = lowerCase(text);
  if (parent.getNamespace().size() > 0) text = concat(text, "/", view(parent.getNamespace()));
  cells.text(address.getMetadata().getName());
  cells.text(address.getSpec().hasParentRef() ? concat(text, "/", view(parent.getName())) : std::string("<none>"));
}

void printCidr(ServiceCIDR::Reader range, Cells& cells) {
  cells.text(range.getMetadata().getName());
  cells.text(joined(strings(range.getSpec().getCidrs()), ","));
  cells.age(range.getMetadata().getCreationTimestamp());
}

}  // namespace

void addServiceAddresses(KindTable& table) {
  table.add<IPAddress>({.structFile = kSchemaFile,
                        .shortNames = {"ip"},
                        .columns = {nameColumn(), {"ParentRef", "string", "The object that uses the address."}},
                        .nameRule = "ip",
                        .keepsGeneration = true},
                       {nullptr, validateAddress, printAddress});
  table.add<ServiceCIDR>({.structFile = kSchemaFile,
                          .columns = {nameColumn(), {"CIDRs", "string", "The ranges of addresses."}, ageColumn()},
                          .hasStatus = true,
                          .keepsGeneration = true,
                          .statusLeavesMetadata = {"labels", "annotations", "finalizers", "ownerReferences"}},
                         {nullptr, validateCidr, printCidr});
  table.addStatus<ServiceCIDR>();
}

}  // namespace cleat::kinds::networking
