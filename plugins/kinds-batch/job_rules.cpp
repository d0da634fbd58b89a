// The rules for what a job is to do.
#include <algorithm>

#include "kinds-batch/batch_kinds.h"
#include "kinds-common/names.h"
#include "kinds-common/pod_spec.h"
#include "kinds-common/pod_warnings.h"

namespace cleat::kinds::batch {

namespace {

using Spec = batch_v1::JobSpec::Reader;

// What the lists of indexes in a job's status can hold.
constexpr int32_t kMaxParallelism = 100'000, kMaxFailedIndexes = 100'000;
constexpr int32_t kManyCompletions = 100'000, kMaxOfMany = 10'000;
constexpr size_t kMaxManagedBy = 63;

void checkCounts(Spec spec, const Path& path, Findings& findings) {
  checkNotNegative(spec.getParallelism(), path / "parallelism", findings);
  checkNotNegative(spec.getCompletions(), path / "completions", findings);
  checkNotNegative(spec.getActiveDeadlineSeconds(), path / "activeDeadlineSeconds", findings);
  checkNotNegative(spec.getBackoffLimit(), path / "backoffLimit", findings);
  checkNotNegative(spec.getTtlSecondsAfterFinished(), path / "ttlSecondsAfterFinished", findings);
  checkNotNegative(spec.getBackoffLimitPerIndex(), path / "backoffLimitPerIndex", findings);
  checkNotNegative(spec.getMaxFailedIndexes(), path / "maxFailedIndexes", findings);
  if (spec.hasMaxFailedIndexes() && !spec.hasBackoffLimitPerIndex()) {
    findings.required(path / "backoffLimitPerIndex", "when maxFailedIndexes is specified");
  }
}

bool isPathCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("/-._~%!$&'()*+,;=:").find(c) != std::string_view::npos;
}

void checkDomainAndPath(std::string_view text, const Path& path, Findings& findings) {
  if (text.empty()) return findings.required(path);
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == text.size()) {
    return findings.invalid(path, text, "must be a domain-prefixed path (such as \"acme.io/foo\")");
  }
  const std::string_view domain = text.substr(0, slash), rest = text.substr(slash + 1);
  findings.invalidEach(path, domain, wrongDns1123Subdomain(domain));
  if (!std::ranges::all_of(rest, isPathCharacter)) {
    findings.invalid(path, rest, "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')");
  }
}

void checkManagedBy(Spec spec, const Path& path, Findings& findings) {
  if (!spec.hasManagedBy()) return;
  checkDomainAndPath(view(spec.getManagedBy()), path, findings);
  if (spec.getManagedBy().size() > kMaxManagedBy) findings.tooLong(path, kMaxManagedBy);
}

// Where there are many indexes, each of which may fail, the lists of them would not fit into the status.
void checkManyIndexes(Spec spec, const Path& path, Findings& findings) {
  const std::string above = concat("must be less than or equal to ", kMaxOfMany, " when completions are above ",
                                   kManyCompletions, " and used with backoff limit per index");
  if (!spec.hasMaxFailedIndexes()) {
    findings.required(path / "maxFailedIndexes",
                      concat("must be specified when completions is above ", kManyCompletions));
  }
  const int32_t parallelism = valueOr(spec.getParallelism(), 0), failed = valueOr(spec.getMaxFailedIndexes(), 0);
  if (parallelism > kMaxOfMany) findings.invalid(path / "parallelism", parallelism, above);
  if (failed > kMaxOfMany) findings.invalid(path / "maxFailedIndexes", failed, above);
}

void checkIndexed(Spec spec, const Path& path, Findings& findings) {
  const int32_t completions = valueOr(spec.getCompletions(), 0), parallelism = valueOr(spec.getParallelism(), 0),
                failed = valueOr(spec.getMaxFailedIndexes(), 0);
  if (!spec.hasCompletions()) findings.required(path / "completions", "when completion mode is Indexed");
  if (parallelism > kMaxParallelism) {
    findings.invalid(path / "parallelism", parallelism,
                     concat("must be less than or equal to ", kMaxParallelism, " when completion mode is Indexed"));
  }
  if (spec.hasCompletions() && spec.hasMaxFailedIndexes() && failed > completions) {
    findings.invalid(path / "maxFailedIndexes", failed, "must be less than or equal to completions");
  }
  if (failed > kMaxFailedIndexes) {
    findings.invalid(path / "maxFailedIndexes", failed, concat("must be less than or equal to ", kMaxFailedIndexes));
  }
  if (completions > kManyCompletions && spec.hasBackoffLimitPerIndex()) checkManyIndexes(spec, path, findings);
}

void checkCompletionMode(Spec spec, const Path& path, Findings& findings) {
  std::string_view mode = view(spec.getCompletionMode());
  const bool isPlain = !spec.hasCompletionMode() || mode == "NonIndexed";
  if (!isPlain && mode != "Indexed") {
    findings.notSupported(path / "completionMode", mode, {"NonIndexed", "Indexed"});
  }
  if (mode == "Indexed") checkIndexed(spec, path, findings);
  if (!isPlain) return;
  constexpr std::string_view kNeedsIndexes = "requires indexed completion mode";
  if (spec.hasBackoffLimitPerIndex()) {
    findings.invalid(path / "backoffLimitPerIndex", spec.getBackoffLimitPerIndex().getValue(), kNeedsIndexes);
  }
  if (spec.hasMaxFailedIndexes()) {
    findings.invalid(path / "maxFailedIndexes", spec.getMaxFailedIndexes().getValue(), kNeedsIndexes);
  }
}

void checkReplacement(Spec spec, const Path& path, Findings& findings) {
  if (!spec.hasPodReplacementPolicy()) return;
  std::string_view policy = view(spec.getPodReplacementPolicy());
  if (spec.hasPodFailurePolicy()) {
    checkOneOf(policy, path, {"Failed"}, findings);
  } else {
    checkOneOf(policy, path, {"Failed", "TerminatingOrFailed"}, findings);
  }
}

void checkRestartPolicy(Spec spec, const Path& path, Findings& findings) {
  std::string_view policy = view(spec.getTemplate().getSpec().getRestartPolicy());
  if (policy == "Always" || policy.empty()) {
    findings.required(path, "valid values: \"OnFailure\", \"Never\"");
  } else if (policy != "OnFailure" && policy != "Never") {
    findings.notSupported(path, policy, {"OnFailure", "Never"});
  } else if (spec.hasPodFailurePolicy() && policy != "Never") {
    findings.invalid(path, policy, "only \"Never\" is supported when podFailurePolicy is specified");
  }
}

void warnOfManyIndexes(Spec spec, const Path& path, Findings& findings) {
  const bool many = valueOr(spec.getCompletions(), 0) > kManyCompletions;
  if (!isIndexed(spec) || !many || valueOr(spec.getParallelism(), 0) <= kMaxOfMany) return;
  findings.warn(
      concat(path.text(),
             ": In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than "
             "10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail"));
}

}  // namespace

bool isIndexed(Spec spec) { return view(spec.getCompletionMode()) == "Indexed"; }

void checkJobSpec(Spec spec, const Path& path, Findings& findings) {
  checkCounts(spec, path, findings);
  checkManagedBy(spec, path / "managedBy", findings);
  checkCompletionMode(spec, path, findings);
  if (spec.hasPodFailurePolicy()) checkPodFailurePolicy(spec, path / "podFailurePolicy", findings);
  if (spec.hasSuccessPolicy()) {
    if (isIndexed(spec)) {
      checkSuccessPolicy(spec, path / "successPolicy", findings);
    } else {
      findings.invalid(path / "successPolicy", shownSuccessPolicy(spec), "requires indexed completion mode");
    }
  }
  checkReplacement(spec, path / "podReplacementPolicy", findings);
  checkPodTemplate(spec.getTemplate(), path / "template", findings);
  checkRestartPolicy(spec, path / "template" / "spec" / "restartPolicy", findings);
}

void warnOfJobSpec(Spec spec, const Path& path, Findings& findings) {
  warnOfManyIndexes(spec, path, findings);
  warnOfPodTemplate(spec.getTemplate(), path / "template", findings);
}

}  // namespace cleat::kinds::batch
