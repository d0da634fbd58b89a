#include "kinds-common/kinds_plugin.h"

// Made by cleat_embed_schema.
extern "C" {
[[gnu::visibility("hidden")]] extern const char cleat_schema_begin[];
[[gnu::visibility("hidden")]] extern const char cleat_schema_end[];
}

namespace cleat::kinds {

namespace {

constexpr uint64_t kKinds = capnp::typeId<role::Kinds>();

KindTable::AnyWrite writeOf(const AnyCall& call, role::Operation operation, wire::ResourceRef::Reader ref) {
  KindTable::AnyWrite write{.operation = operation, .subresource = view(ref.getSubresource())};
  if (!call.objects().empty()) write.object = call.objects()[0];
  if (call.objects().size() > 1) write.old = call.objects()[1];
  return write;
}

void fillFindings(const Findings& findings, role::ValidateResults::Builder results) {
  if (!findings.empty()) {
    auto causes = results.initCauses(findings.causes().size());
    for (uint32_t i = 0; i < causes.size(); ++i) {
      causes[i].setReason(findings.causes()[i].reason);
      causes[i].setMessage(findings.causes()[i].message);
      causes[i].setField(findings.causes()[i].field);
    }
  }
  if (!findings.warnings().empty()) {
    auto warnings = results.initWarnings(findings.warnings().size());
    for (uint32_t i = 0; i < warnings.size(); ++i) warnings.set(i, findings.warnings()[i]);
  }
}

}  // namespace

std::string targetOf(wire::ResourceRef::Reader ref) {
  return concat(view(ref.getResource()), "/", view(ref.getSubresource()));
}

std::unexpected<Status> noSuchSubresource(wire::ResourceRef::Reader ref) {
  return fail(Status::methodNotAllowed(concat("the server does not allow this method on ", targetOf(ref))));
}

void KindsPlugin::serveTable() {
  context().serve<void, role::KindsDescription>(kKinds, 0, [this](Call<role::KindsDescription>& call) -> Result<void> {
    table_.describe(call.results(), {cleat_schema_begin, cleat_schema_end});
    // The host registers what this answer says; what needs the kinds comes after it.
    context().post([this] { described(); });
    return {};
  });
  context().serveConcurrent<role::DefaultParams, role::DefaultResults>(
      kKinds, 1, [this](role::DefaultParams::Reader params, Call<role::DefaultResults>& call) -> Result<void> {
        auto ref = params.getRef();
        KindTable::AnyWrite write = writeOf(call, params.getOperation(), ref);
        write.user = params.getUser();
        call.results();
        call.addObject(table_.setDefaults(view(ref.getGroup()), view(ref.getResource()), write));
        return {};
      });
  context().serveConcurrent<role::ValidateParams, role::ValidateResults>(
      kKinds, 2, [this](role::ValidateParams::Reader params, Call<role::ValidateResults>& call) -> Result<void> {
        auto ref = params.getRef();
        Findings findings;
        table_.validate(view(ref.getGroup()), view(ref.getResource()), writeOf(call, params.getOperation(), ref),
                        findings);
        fillFindings(findings, call.results());
        return {};
      });
  context().serve<role::RowsParams, role::RowsResults>(
      kKinds, 3, [this](role::RowsParams::Reader params, Call<role::RowsResults>& call) -> Result<void> {
        auto ref = params.getRef();
        table_.rows(view(ref.getGroup()), view(ref.getResource()), call.objects(), context().wallNow(), call.results());
        return {};
      });
}

Task<Result<void>> KindsPlugin::start() {
  serveTable();
  context().serve<role::TransformParams, role::TransformResults>(
      kKinds, 4, [this](auto params, auto& call) { return transform(params, call); });
  context().serve<role::TransformParams, role::TransformResults>(
      kKinds, 5, [this](auto params, auto& call) { return project(params, call); });
  context().serve<role::ReviewParams, role::ReviewResults>(
      kKinds, 6, [this](auto params, auto& call) { return review(params, call); });
  context().serve<role::ConnectParams, role::ConnectResults>(
      kKinds, 7, [this](auto params, auto& call) { return connect(params, call); });
  context().serve<role::BeforeCommitParams, role::BeforeCommitResults>(
      kKinds, 8, [this](auto params, auto& call) { return beforeCommit(params, call); });
  co_return Result<void>();
}

Task<Result<void>> KindsPlugin::transform(role::TransformParams::Reader params, Call<role::TransformResults>&) {
  co_return noSuchSubresource(params.getRef());
}
Task<Result<void>> KindsPlugin::project(role::TransformParams::Reader params, Call<role::TransformResults>&) {
  co_return noSuchSubresource(params.getRef());
}
Task<Result<void>> KindsPlugin::review(role::ReviewParams::Reader params, Call<role::ReviewResults>&) {
  co_return noSuchSubresource(params.getRef());
}
Task<Result<void>> KindsPlugin::connect(role::ConnectParams::Reader params, Call<role::ConnectResults>&) {
  co_return noSuchSubresource(params.getRef());
}
Task<Result<void>> KindsPlugin::beforeCommit(role::BeforeCommitParams::Reader, Call<role::BeforeCommitResults>& call) {
  call.results();
  co_return Result<void>();
}

}  // namespace cleat::kinds
