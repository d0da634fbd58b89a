#include "legacy_tokens.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/secret_data.h>

namespace cleat {

using core_v1::Secret;

namespace {

// Of so many secrets the day is remembered; after that they are read once more.
constexpr size_t kMostNoted = 10'000;

Status invalidated() { return Status::unauthorized("service account token has been invalidated"); }

Status markedInvalid(const legacy::Claims& claims) {
  return Status::unauthorized(concat(
      "the token in secret ", claims.ns, "/", claims.secret, " for service account ", claims.ns, "/", claims.account,
      " has been marked invalid. Use tokens from the TokenRequest API or manually created secret-based tokens, or "
      "remove the '",
      legacy::kInvalidSince, "' label from the secret to temporarily allow use of this token"));
}

}  // namespace

Task<Result<void>> LegacyTokens::holds(legacy::Claims claims, std::string token) {
  Result<Object<Secret>> found = co_await client_.get<Secret>(claims.ns, claims.secret);
  if (!found && !found.error().is(404)) co_return fail(found.error());
  if (!found || deletionPending(found->meta())) co_return fail(invalidated());
  const Object<Secret>& secret = *found;
  if (view(secret->getType()) != legacy::kType || dataIn(secret, legacy::kTokenKey) != token) {
    co_return fail(invalidated());
  }
  if (label(secret.meta(), legacy::kInvalidSince)) co_return fail(markedInvalid(claims));
  noted_.try_emplace(secret.key(), label(secret.meta(), legacy::kLastUsed).value_or(""));
  co_return Result<void>();
}

void LegacyTokens::used(const legacy::Claims& claims) {
  const std::string day = legacy::dateOf(context_.wallNow());
  if (noted_.size() > kMostNoted) noted_.clear();
  std::string& noted = noted_[keyOf(claims.ns, claims.secret)];
  if (noted == day) return;
  noted = day;
  spawn(note(claims.ns, claims.secret, day));
}

Task<void> LegacyTokens::note(std::string ns, std::string secret, std::string day) {
  const std::string patch = concat(R"({"metadata":{"labels":{")", legacy::kLastUsed, R"(":")", day, R"("}}})");
  auto pending = client_.patch<Secret>(ns, secret, PatchType::merge, patch);
  Result<Object<Secret>> patched = co_await std::move(pending);
  // Tried again with the next use.
  if (!patched) noted_.erase(keyOf(ns, secret));
}

}  // namespace cleat
