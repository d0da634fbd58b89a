#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>

#include "kinds-batch/batch_kinds.h"

namespace cleat::kinds::batch {

namespace {

void checkHasLabel(meta_v1::ObjectMeta::Reader meta, std::string_view key, std::string_view wanted, const Path& path,
                   Findings& findings) {
  const Path labelPath = (path / "labels")[key];
  auto found = label(meta, key);
  if (!found) {
    findings.required(labelPath, concat("must be '", wanted, "'"));
  } else if (*found != wanted) {
    findings.invalid(labelPath, shownMap(meta.getLabels()), concat("must be '", wanted, "'"));
  }
}

}  // namespace

void checkGeneratedSelector(batch_v1::Job::Reader job, Findings& findings) {
  auto spec = job.getSpec();
  if (valueOr(spec.getManualSelector(), false) || !spec.hasSelector()) return;
  const std::string_view name = view(job.getMetadata().getName()), uid = view(job.getMetadata().getUid());
  const Path path = Path("spec") / "template" / "metadata";
  auto pod = spec.getTemplate().getMetadata();
  // The labels as they are meant to be, in the order in which clients know the errors.
  Draft<batch_v1::Job> wanted;
  for (size_t i = 0; i < std::size(kJobUidLabels); ++i) {
    checkHasLabel(pod, kJobUidLabels[i], uid, path, findings);
    checkHasLabel(pod, kJobNameLabels[i], name, path, findings);
    setLabel(wanted.meta(), kJobUidLabels[i], uid);
    setLabel(wanted.meta(), kJobNameLabels[i], name);
  }
  auto selector = LabelSelector::compile(spec.getSelector());
  if (selector && !selector->matches(wanted.reader().getMetadata().getLabels())) {
    findings.invalid(Path("spec") / "selector", shownSelector(spec.getSelector()), "`selector` not auto-generated");
  }
}

}  // namespace cleat::kinds::batch
