#include <cmath>

#include "flowcontrol-common/defaults.h"
#include "kinds-flowcontrol/flow_kinds.h"

namespace cleat::kinds::flowcontrol {

namespace {

constexpr int32_t kDefaultShares = 30, kDefaultQueues = 64, kDefaultHand = 8, kDefaultQueueLength = 50;
constexpr int32_t kMostQueues = 10'000'000;
// A flow's hand is dealt out of a hash of so many bits.
constexpr int kHashBits = 60;
constexpr const char* kPreserveZero = "flowcontrol.k8s.io/v1beta3-preserve-zero-concurrency-shares";
constexpr std::string_view kNotNegativeInteger = "must be a non-negative integer";

template <class Part>
void setShares(Part part, int32_t shares) {
  if (!part.hasNominalConcurrencyShares()) part.initNominalConcurrencyShares().setValue(shares);
  if (!part.hasLendablePercent()) part.initLendablePercent().setValue(0);
}

void setLevelDefaults(PriorityLevelConfiguration::Builder level, const Change<PriorityLevelConfiguration>&) {
  auto spec = level.getSpec();
  if (spec.hasExempt()) setShares(spec.getExempt(), 0);
  if (!spec.hasLimited()) return;
  setShares(spec.getLimited(), kDefaultShares);
  if (!spec.getLimited().getLimitResponse().hasQueuing()) return;
  auto queuing = spec.getLimited().getLimitResponse().getQueuing();
  if (queuing.getHandSize() == 0) queuing.setHandSize(kDefaultHand);
  if (queuing.getQueues() == 0) queuing.setQueues(kDefaultQueues);
  if (queuing.getQueueLengthLimit() == 0) queuing.setQueueLengthLimit(kDefaultQueueLength);
}

template <class Part>
void checkLendable(Part part, const Path& path, Findings& findings) {
  if (!part.hasLendablePercent()) return;
  const int32_t percent = part.getLendablePercent().getValue();
  if (percent < 0 || percent > 100) {
    findings.invalid(path / "lendablePercent", percent, "must be between 0 and 100, inclusive");
  }
}

template <class Part>
void checkShares(Part part, const Path& path, Findings& findings) {
  const int32_t shares = part.getNominalConcurrencyShares().getValue();
  if (shares < 0) findings.invalid(path / "nominalConcurrencyShares", shares, kNotNegativeInteger);
}

void checkQueuing(flowcontrol_v1::QueuingConfiguration::Reader queuing, const Path& path, Findings& findings) {
  const int32_t length = queuing.getQueueLengthLimit(), queues = queuing.getQueues(), hand = queuing.getHandSize();
  if (length <= 0) findings.invalid(path / "queueLengthLimit", length, "must be positive");
  if (queues <= 0) {
    findings.invalid(path / "queues", queues, "must be positive");
  } else if (queues > kMostQueues) {
    findings.invalid(path / "queues", queues, concat("must not be greater than ", kMostQueues));
  }
  if (hand <= 0) return findings.invalid(path / "handSize", hand, "must be positive");
  if (hand > queues) {
    return findings.invalid(path / "handSize", hand, concat("should not be greater than queues (", queues, ")"));
  }
  const int bits = static_cast<int>(std::ceil(std::log2(static_cast<double>(queues)) * hand));
  if (bits > kHashBits) {
    findings.invalid(path / "handSize", hand,
                     concat("required entropy bits of deckSize ", queues, " and handSize ", hand,
                            " should not be greater than ", kHashBits));
  }
}

void checkUnqueued(flowcontrol_v1::LimitResponse::Reader response, const Path& path, Findings& findings) {
  if (view(response.getType()) != "Queue" && response.hasQueuing()) findings.forbidden(path / "queuing");
}

void checkResponse(flowcontrol_v1::LimitResponse::Reader response, const Path& path, Findings& findings) {
  const std::string_view type = view(response.getType());
  if (type.empty()) {
    findings.required(path / "type");
  } else if (type != "Queue" && type != "Reject") {
    findings.notSupported(path / "type", type, {"Queue", "Reject"});
  }
  if (type != "Queue") {
    checkUnqueued(response, path, findings);
  } else if (!response.hasQueuing()) {
    findings.required(path / "queuing");
  } else {
    checkQueuing(response.getQueuing(), path / "queuing", findings);
  }
}

void checkLimited(flowcontrol_v1::LimitedPriorityLevelConfiguration::Reader limited, const Path& path,
                  Findings& findings) {
  checkShares(limited, path, findings);
  checkResponse(limited.getLimitResponse(), path / "limitResponse", findings);
  checkLendable(limited, path, findings);
  if (!limited.hasBorrowingLimitPercent()) return;
  const int32_t borrowed = limited.getBorrowingLimitPercent().getValue();
  if (borrowed < 0) {
    findings.invalid(path / "borrowingLimitPercent", borrowed, "if specified, must be a non-negative integer");
  }
}

using Spec = flowcontrol_v1::PriorityLevelConfigurationSpec::Reader;

void checkSpec(Spec spec, std::string_view name, const Path& path, Findings& findings) {
  const std::string_view type = view(spec.getType());
  if ((name == cleat::flowcontrol::kExempt) != (type == "Exempt")) {
    findings.invalid(path / "type", type, "must be 'Exempt' if and only if `name` is 'exempt'");
  }
  if (type == "Exempt") {
    if (spec.hasLimited()) findings.forbidden(path / "limited");
    if (!spec.hasExempt()) return;
    checkShares(spec.getExempt(), path / "exempt", findings);
    checkLendable(spec.getExempt(), path / "exempt", findings);
  } else if (type == "Limited") {
    if (spec.hasExempt()) findings.forbidden(path / "exempt");
    if (!spec.hasLimited()) return findings.required(path / "limited");
    checkLimited(spec.getLimited(), path / "limited", findings);
  } else {
    if (!type.empty()) findings.notSupported(path / "type", type, {"Exempt", "Limited"});
    if (spec.hasExempt()) findings.forbidden(path / "exempt");
    if (spec.hasLimited()) {
      findings.forbidden(path / "limited");
      checkUnqueued(spec.getLimited().getLimitResponse(), path / "limited" / "limitResponse", findings);
    }
    if (type.empty()) findings.required(path / "type");
  }
}

// The mandatory ones are as they are; of `exempt` the part that is called so may be changed.
void checkFixed(Spec spec, std::string_view name, const Path& path, Findings& findings) {
  const auto* fixed = cleat::flowcontrol::mandatory(cleat::flowcontrol::defaultLevels(), name);
  if (fixed == nullptr) return;
  const Shown shown = Shown::plain("{}");
  if (name == cleat::flowcontrol::kExempt) {
    if (view(spec.getType()) == "Exempt" && !spec.hasLimited()) return;
    findings.invalid(path, shown,
                     concat("spec of '", name, "' except the 'spec.exempt' field must equal the fixed value"));
  } else if (!sameStruct((*fixed)->getSpec(), spec)) {
    findings.invalid(path, shown, concat("spec of '", name, "' must equal the fixed value"));
  }
}

void validateLevel(const Change<PriorityLevelConfiguration>& change, Findings& findings) {
  if (change.isStatus()) return checkConditionTypes(change.object.getStatus().getConditions(), findings);
  auto meta = change.object.getMetadata();
  const std::string_view name = view(meta.getName());
  if (annotation(meta, kPreserveZero)) {
    findings.forbidden(Path("metadata") / "annotations", concat("annotation '", kPreserveZero, "' is forbidden"));
  }
  checkSpec(change.object.getSpec(), name, Path("spec"), findings);
  checkFixed(change.object.getSpec(), name, Path("spec"), findings);
}

void printLevel(PriorityLevelConfiguration::Reader level, Cells& cells) {
  auto spec = level.getSpec();
  auto limited = spec.getLimited();
  auto queuing = limited.getLimitResponse().getQueuing();
  auto number = [&](bool present, int32_t value) { present ? cells.integer(value) : cells.text("<none>"); };
  const bool queues = limited.getLimitResponse().hasQueuing();
  cells.text(level.getMetadata().getName());
  cells.text(spec.getType());
  number(spec.hasLimited(), limited.getNominalConcurrencyShares().getValue());
  number(queues, queuing.getQueues());
  number(queues, queuing.getHandSize());
  number(queues, queuing.getQueueLengthLimit());
  cells.age(level.getMetadata().getCreationTimestamp());
}

}  // namespace

void addPriorityLevels(KindTable& table) {
  table.add<PriorityLevelConfiguration>(
      {.structFile = kSchemaFile,
       .columns = {nameColumn(),
                   {"Type", "string", "Whether it has limits."},
                   {"NominalConcurrencyShares", "string", "Its part of the server."},
                   {"Queues", "string", "How many queues it has."},
                   {"HandSize", "string", "How many of them each flow is dealt."},
                   {"QueueLengthLimit", "string", "How many requests may wait in each."},
                   ageColumn()},
       .hasStatus = true,
       .statusLeavesMetadata = {"labels", "annotations", "finalizers", "ownerReferences"}},
      {setLevelDefaults, validateLevel, printLevel});
  table.addStatus<PriorityLevelConfiguration>();
}

}  // namespace cleat::kinds::flowcontrol
