#include "kinds-common/kinds_plugin.h"

// Made by cleat_embed_schema.
extern "C" {
[[gnu::visibility("hidden")]] extern const char cleat_schema_begin[];
[[gnu::visibility("hidden")]] extern const char cleat_schema_end[];
}

namespace cleat::kinds {

namespace {

KindTable::AnyWrite writeOf(const AnyCall& call, role::Operation operation, wire::ResourceRef::Reader ref) {
  KindTable::AnyWrite write{.operation = operation, .subresource = view(ref.getSubresource())};
  if (!call.objects().empty()) write.object = call.objects()[0];
  if (call.objects().size() > 1) write.old = call.objects()[1];
  return write;
}

// How many are told: an object can have more wrong than an answer can hold. What is wrong with a hundred thousand
// labels is known by the first thousands.
uint32_t toldOf(const std::vector<StatusCause>& causes) {
  constexpr size_t kMostBytes = 1u << 20;
  size_t bytes = 0;
  uint32_t told = 0;
  for (; told < causes.size() && bytes < kMostBytes; ++told) {
    bytes += causes[told].message.size() + causes[told].field.size();
  }
  return told;
}

void fillFindings(const Findings& findings, role::ValidateResults::Builder results) {
  if (!findings.empty()) {
    auto causes = results.initCauses(toldOf(findings.causes()));
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

std::unexpected<Status> nothingToLookAt(wire::ResourceRef::Reader ref) {
  return fail(Status::methodNotAllowed(concat(view(ref.getResource()), " can only be created")));
}

// Defaulting and validating are pure, and asked for every write: several at a time, on any thread.
Task<Result<void>> KindsPlugin::start() {
  context().serveConcurrent(
      role::kinds::default_,
      [this](role::DefaultParams::Reader params, Call<role::DefaultResults>& call) -> Result<void> {
        auto ref = params.getRef();
        KindTable::AnyWrite write = writeOf(call, params.getOperation(), ref);
        write.user = params.getUser();
        write.now = context().wallNow();
        call.results();
        call.addObject(
            table_.setDefaults(view(ref.getGroup()), view(ref.getVersion()), view(ref.getResource()), write));
        return {};
      });
  context().serveConcurrent(
      role::kinds::validate,
      [this](role::ValidateParams::Reader params, Call<role::ValidateResults>& call) -> Result<void> {
        auto ref = params.getRef();
        Findings findings;
        if (table_.has(view(ref.getGroup()), view(ref.getVersion()), view(ref.getResource()))) {
          KindTable::AnyWrite write = writeOf(call, params.getOperation(), ref);
          write.now = context().wallNow();
          table_.validate(view(ref.getGroup()), view(ref.getVersion()), view(ref.getResource()), write, findings);
        } else {
          CLEAT_TRY(validateOffered(params, call, findings));
        }
        fillFindings(findings, call.results());
        return {};
      });
  co_return Result<void>();
}

Result<void> KindsPlugin::validateOffered(role::ValidateParams::Reader, AnyCall&, Findings&) { return {}; }

Task<Result<void>> KindsPlugin::describe(Call<role::KindsDescription>& call) {
  table_.describe(call.results(), {cleat_schema_begin, cleat_schema_end});
  // The host registers what this answer says; what needs the kinds comes after it.
  context().post([this] { described(); });
  co_return Result<void>();
}

Task<Result<void>> KindsPlugin::rows(role::RowsParams::Reader params, Call<role::RowsResults>& call) {
  auto ref = params.getRef();
  table_.rows(view(ref.getGroup()), view(ref.getVersion()), view(ref.getResource()), call.objects(),
              context().wallNow(), call.results());
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
Task<Result<void>> KindsPlugin::look(role::LookParams::Reader params, Call<role::LookResults>&) {
  co_return nothingToLookAt(params.getRef());
}
Task<Result<void>> KindsPlugin::connect(role::ConnectParams::Reader params, Call<role::ConnectResults>&) {
  co_return noSuchSubresource(params.getRef());
}
Task<Result<void>> KindsPlugin::beforeCommit(role::BeforeCommitParams::Reader, Call<role::BeforeCommitResults>& call) {
  call.results();
  co_return Result<void>();
}

}  // namespace cleat::kinds
