// LimitRanges: what single containers, pods and claims may ask for. Enforced by admission-limit-ranger.
#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/quantity.h>

#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "kinds-common/names.h"
#include "kinds-common/resource_names.h"
#include "kinds-core/core_kinds.h"

namespace cleat::kinds::core {

namespace {

using core_v1::LimitRange;
using Item = core_v1::LimitRangeItem;
using AmountList = capnp::List<meta_v1::TextEntry>;

// What is in `more` under keys that `map` does not have is added to it.
void addMissing(std::map<std::string, std::string>& map, AmountList::Reader more) {
  for (auto entry : more) map.try_emplace(str(entry.getKey()), str(entry.getValue()));
}

capnp::Orphan<AmountList> amountList(capnp::Orphanage orphanage, const std::map<std::string, std::string>& map) {
  auto list = orphanage.newOrphan<AmountList>(map.size());
  uint32_t at = 0;
  for (const auto& [name, amount] : map) {
    list.get()[at].setKey(name);
    list.get()[at++].setValue(amount);
  }
  return list;
}

// A limit that is not said is the most there may be; a request, the limit or else the least.
void setContainerDefaults(Item::Builder item) {
  std::map<std::string, std::string> limits, requests;
  addMissing(limits, item.asReader().getDefault());
  addMissing(limits, item.asReader().getMax());
  addMissing(requests, item.asReader().getDefaultRequest());
  for (const auto& [name, amount] : limits) requests.try_emplace(name, amount);
  addMissing(requests, item.asReader().getMin());
  if (!limits.empty()) item.adoptDefault(amountList(orphanageOf(item), limits));
  if (!requests.empty()) item.adoptDefaultRequest(amountList(orphanageOf(item), requests));
}

void setDefaults(LimitRange::Builder object, const Change<LimitRange>& change) {
  if (change.isDelete() || !object.hasSpec()) return;
  for (auto item : object.getSpec().getLimits()) {
    for (auto amounts :
         {item.getMax(), item.getMin(), item.getDefault(), item.getDefaultRequest(), item.getMaxLimitRequestRatio()}) {
      roundAmounts(amounts);
    }
    if (view(item.getType().asReader()) == "Container") setContainerDefaults(item);
  }
}

void checkLimitType(std::string_view type, const Path& path, Findings& findings) {
  Wrongs wrongs = wrongQualifiedName(type);
  if (!wrongs.empty()) {
    findings.invalidEach(path, type, wrongs);
  } else if (type.find('/') == std::string_view::npos && type != "Pod" && type != "Container" &&
             type != "PersistentVolumeClaim") {
    findings.invalid(path, type, "must be a standard limit type or fully qualified");
  }
}

// The names of all resources in the list; what is wrong with them is found.
void checkNames(AmountList::Reader amounts, bool ofContainers, const Path& path, std::set<std::string_view>& names,
                Findings& findings) {
  for (auto entry : amounts) {
    std::string_view name = view(entry.getKey());
    (ofContainers ? checkContainerResourceName : checkResourceName)(name, path[name], findings);
    names.insert(name);
  }
}

// The amounts of one resource, each where it is given.
struct Bounds {
  std::optional<Quantity> min, max, defaults, request, ratio;

  Bounds(Item::Reader item, std::string_view name, bool hasDefaults)
      : min(in(item.getMin(), name)), max(in(item.getMax(), name)), ratio(in(item.getMaxLimitRequestRatio(), name)) {
    if (!hasDefaults) return;
    defaults = in(item.getDefault(), name);
    request = in(item.getDefaultRequest(), name);
  }
  static std::optional<Quantity> in(AmountList::Reader amounts, std::string_view name) {
    auto text = lookup(amounts, name);
    return text ? Quantity::parse(*text) : std::nullopt;
  }
};

void checkOrder(const Bounds& bounds, std::string_view name, const Path& path, Findings& findings) {
  struct Pair {
    const std::optional<Quantity>&low, &high;
    const char *field, *lowName, *highName;
    const std::optional<Quantity>& shown;
  };
  const Pair pairs[] = {
      {bounds.min, bounds.max, "min", "min", "max", bounds.min},
      {bounds.min, bounds.request, "defaultRequest", "min", "default request", bounds.request},
      {bounds.request, bounds.max, "defaultRequest", "default request", "max", bounds.request},
      {bounds.request, bounds.defaults, "defaultRequest", "default request", "default limit", bounds.request},
      {bounds.min, bounds.defaults, "default", "min", "default", bounds.min},
      {bounds.defaults, bounds.max, "default", "default", "max", bounds.max},
  };
  for (const Pair& pair : pairs) {
    if (!pair.low || !pair.high || *pair.low <= *pair.high) continue;
    findings.invalid((path / pair.field)[name], pair.shown->text(),
                     concat(pair.lowName, " value ", pair.low->text(), " is greater than ", pair.highName, " value ",
                            pair.high->text()));
  }
}

void checkRatio(const Bounds& bounds, std::string_view name, const Path& path, Findings& findings) {
  if (!bounds.ratio) return;
  const Path at = (path / "maxLimitRequestRatio")[name];
  const std::string shown = bounds.ratio->text();
  if (*bounds.ratio < Quantity::of(1)) findings.invalid(at, shown, concat("ratio ", shown, " is less than 1"));
  if (!bounds.min || !bounds.max) return;
  // In thousandths where these can be told.
  constexpr int64_t kMostMilli = std::numeric_limits<int64_t>::max() / 1000;
  auto ratio = static_cast<double>(bounds.ratio->value());
  int64_t low = bounds.min->value(), high = bounds.max->value();
  if (bounds.ratio->value() < kMostMilli && low < kMostMilli && high < kMostMilli) {
    ratio = static_cast<double>(bounds.ratio->milliValue()) / 1000;
    low = bounds.min->milliValue();
    high = bounds.max->milliValue();
  }
  const double most = static_cast<double>(high) / static_cast<double>(low);
  if (ratio > most) {
    findings.invalid(at, shown, concat("ratio ", shown, " is greater than max/min = ", std::to_string(most)));
  }
}

void checkItem(Item::Reader item, const Path& path, Findings& findings) {
  const std::string_view type = view(item.getType());
  const bool ofPods = type == "Pod";
  const bool ofContainers = ofPods || type == "Container";
  std::set<std::string_view> names;
  checkNames(item.getMax(), ofContainers, path / "max", names, findings);
  checkNames(item.getMin(), ofContainers, path / "min", names, findings);
  if (ofPods) {
    constexpr std::string_view kNotOfPods = "may not be specified when `type` is 'Pod'";
    if (item.getDefault().size() > 0) findings.forbidden(path / "default", kNotOfPods);
    if (item.getDefaultRequest().size() > 0) findings.forbidden(path / "defaultRequest", kNotOfPods);
  } else {
    checkNames(item.getDefault(), ofContainers, path / "default", names, findings);
    checkNames(item.getDefaultRequest(), ofContainers, path / "defaultRequest", names, findings);
  }
  if (type == "PersistentVolumeClaim" && !lookup(item.getMin(), "storage") && !lookup(item.getMax(), "storage")) {
    findings.required(path / "limits", "either minimum or maximum storage value is required, but neither was provided");
  }
  checkNames(item.getMaxLimitRequestRatio(), ofContainers, path / "maxLimitRequestRatio", names, findings);
  for (std::string_view name : names) {
    const Bounds bounds(item, name, !ofPods);
    checkOrder(bounds, name, path, findings);
    checkRatio(bounds, name, path, findings);
    if (!isOvercommitted(name) && bounds.defaults && bounds.request && *bounds.defaults != *bounds.request) {
      findings.invalid((path / "defaultRequest")[name], bounds.request->text(),
                       concat("default value ", bounds.defaults->text(), " must equal to defaultRequest value ",
                              bounds.request->text(), " in ", name));
    }
  }
}

void validate(const Change<LimitRange>& change, Findings& findings) {
  std::set<std::string_view> types;
  auto limits = change.object.getSpec().getLimits();
  for (uint32_t i = 0; i < limits.size(); ++i) {
    const Path path = (Path("spec") / "limits")[i];
    std::string_view type = view(limits[i].getType());
    checkLimitType(type, path / "type", findings);
    if (!types.insert(type).second) findings.duplicate(path / "type", type);
    checkItem(limits[i], path, findings);
  }
}

void print(LimitRange::Reader object, Cells& cells) {
  cells.text(object.getMetadata().getName());
  // When it was made, and not how long ago.
  cells.text(object.getMetadata().getCreationTimestamp());
}

}  // namespace

void addLimitRanges(KindTable& table) {
  table.add<LimitRange>({.structFile = kQuotaSchemaFile,
                         .shortNames = {"limits"},
                         .columns = {nameColumn(), {"Created At", "date", "When the object was created."}},
                         .keepsGeneration = true,
                         .createsOnUpdate = true},
                        {setDefaults, validate, print});
}

}  // namespace cleat::kinds::core
