#include <cleat/sdk/controller_revisions.h>
#include <cleat/sdk/pod_template.h>
#include <cleat/sdk/struct_json.h>

#include <algorithm>
#include <tuple>

namespace cleat {
namespace {

constexpr size_t kLongestPrefix = 223;
// More names than this being taken is no collision of hashes any more.
constexpr int32_t kMostCollisions = 100;

Draft<open_v1::JsonValue> patchOf(core_v1::PodTemplateSpec::Reader pattern) {
  const JsonTree tree = structJson(pattern);
  Draft<open_v1::JsonValue> patch;
  auto spec = patch->initObject(1)[0];
  spec.setName("spec");
  auto inner = spec.initObject(1)[0];
  inner.setName("template");
  copyJson(tree.view(), inner);
  ensureMember(inner, "$patch").setText("replace");
  return patch;
}

}  // namespace

std::string templatePatch(core_v1::PodTemplateSpec::Reader pattern) {
  Draft<open_v1::JsonValue> patch = patchOf(pattern);
  return jsonText(JsonView(patch.reader()));
}

Result<Draft<core_v1::PodTemplateSpec>> templateIn(std::string_view patch) {
  CLEAT_TRY(const JsonTree tree, JsonTree::parse(patch));
  auto spec = tree.view().member("spec");
  auto pattern = spec ? spec->member("template") : std::nullopt;
  if (!pattern) return fail(Status::badRequest("the revision's data has no spec.template"));
  Draft<core_v1::PodTemplateSpec> draft;
  CLEAT_TRY(readStruct(*pattern, *draft));
  return draft;
}

bool sameData(std::string_view a, std::string_view b) {
  if (a == b) return true;
  auto left = JsonTree::parse(a), right = JsonTree::parse(b);
  return left && right && sameJson(left->view(), right->view());
}

std::string revisionHash(std::string_view data, int32_t collisions) {
  // FNV-1.
  uint32_t hash = 2166136261u;
  auto mix = [&hash](std::string_view text) {
    for (unsigned char byte : text) hash = (hash * 16777619u) ^ byte;
  };
  mix(data);
  mix(std::to_string(collisions));
  return safeName(hash);
}

void sortByRevision(std::vector<Object<ControllerRevision>>& revisions) {
  std::ranges::sort(revisions, {}, [](const Object<ControllerRevision>& revision) {
    return std::make_tuple(revision->getRevision(), str(revision.meta().getCreationTimestamp()), str(revision.name()));
  });
}

Draft<ControllerRevision> RevisionHistory::makeRevision(const AnyRef& owner, const RevisionState& state, int64_t number,
                                                        int32_t collisions) const {
  const std::string hash = revisionHash(state.data, collisions);
  Draft<ControllerRevision> draft;
  draft.meta().setName(concat(owner.name().substr(0, kLongestPrefix), "-", hash));
  draft.meta().setNamespace(str(owner.ns()));
  draft.meta().setLabels(state.labels);
  setLabel(draft.meta(), state.hashLabel, hash);
  draft.meta().setAnnotations(state.annotations);
  setController(draft.meta(), ownerKind_, owner);
  draft->setData(state.data);
  draft->setRevision(number);
  return draft;
}

Task<Result<CurrentRevision>> RevisionHistory::ensure(AnyRef owner, std::vector<Object<ControllerRevision>> owned,
                                                      RevisionState state, int32_t collisions) {
  sortByRevision(owned);
  const int64_t next = owned.empty() ? 1 : owned.back()->getRevision() + 1;
  auto same = std::find_if(owned.rbegin(), owned.rend(), [&](const Object<ControllerRevision>& revision) {
    return sameData(view(revision->getData()), state.data);
  });
  if (same == owned.rend()) co_return co_await create(owner, std::move(state), next, collisions);
  if (same == owned.rbegin()) co_return CurrentRevision{*same, collisions};
  Draft<ControllerRevision> draft(*same);
  draft->setRevision(next);
  CLEAT_CO_TRY(Object<ControllerRevision> newest, co_await client_.update<ControllerRevision>(std::move(draft)));
  co_return CurrentRevision{newest, collisions};
}

// A name that is taken is the revision itself, which the informer has not shown yet, or another state with the same
// hash.
Task<Result<CurrentRevision>> RevisionHistory::create(AnyRef owner, RevisionState state, int64_t number,
                                                      int32_t collisions) {
  for (const int32_t last = collisions + kMostCollisions;; ++collisions) {
    Draft<ControllerRevision> draft = makeRevision(owner, state, number, collisions);
    const std::string name = str(draft.meta().asReader().getName());
    Result<Object<ControllerRevision>> made = co_await client_.create<ControllerRevision>(std::move(draft));
    if (made) co_return CurrentRevision{*made, collisions};
    if (made.error().reason != "AlreadyExists" || collisions == last) co_return fail(made.error());
    CLEAT_CO_TRY(auto there, co_await client_.get<ControllerRevision>(owner.ns(), name));
    // Whoever has it: one that was orphaned a moment ago is taken over next time.
    if (sameData(view(there->getData()), state.data)) co_return CurrentRevision{there, collisions};
  }
}

Task<Result<void>> RevisionHistory::truncate(std::vector<Object<ControllerRevision>> idle, int64_t limit) {
  sortByRevision(idle);
  for (size_t i = 0; static_cast<int64_t>(i) < static_cast<int64_t>(idle.size()) - limit; ++i) {
    const Object<ControllerRevision>& oldest = idle[i];
    DeleteOptions options;
    options.preconditionUid = oldest.uid();
    auto removed = co_await client_.remove<ControllerRevision>(oldest.ns(), oldest.name(), options);
    if (!removed && !removed.error().is(404)) co_return fail(removed.error());
  }
  co_return Result<void>();
}

}  // namespace cleat
