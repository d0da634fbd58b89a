#include "core/store/encryption/encrypted_engine.h"

#include <map>
#include <vector>

#include "core/store/encryption/value_cipher.h"

namespace cleat::store {
namespace {

// "/registry/secrets/default/a" → "secrets"
std::string_view resourceIn(std::string_view key) {
  constexpr std::string_view kRegistry = "/registry/";
  if (!key.starts_with(kRegistry)) return {};
  key.remove_prefix(kRegistry.size());
  return key.substr(0, key.find('/'));
}

class EncryptedEngine final : public Engine {
 public:
  EncryptedEngine(std::unique_ptr<Engine> engine, EncryptionConfig config)
      : engine_(std::move(engine)), config_(std::move(config)) {}

  Result<uint64_t> lastRevision() override { return engine_->lastRevision(); }

  Result<void> write(std::span<const Record> batch) override {
    std::vector<std::string> values;
    std::vector<Record> records(batch.begin(), batch.end());
    values.reserve(batch.size());  // the records refer to them
    for (Record& record : records) {
      const EncryptionRule* rule = ruleFor(record.key);
      if (!rule) continue;
      CLEAT_TRY(std::string value, encryptValue(rule, record.value, record.key));
      record.value = values.emplace_back(std::move(value));
    }
    return engine_->write(records);
  }

  Result<void> readChanges(uint64_t after, const std::function<void(const Record&)>& visit) override {
    return engine_->readChanges(after, [&](const Record& record) {
      auto opened = decryptValue(ruleFor(record.key), record.value, record.key);
      Record given = record;
      if (opened) {
        given.value = opened->value;
        given.isStale = opened->isStale;
      } else {
        given.problem = opened.error().message;
      }
      visit(given);
    });
  }

  Result<uint64_t> horizon() override { return engine_->horizon(); }
  Result<uint64_t> note(std::string_view name) override { return engine_->note(name); }
  Result<void> setNote(std::string_view name, uint64_t value) override { return engine_->setNote(name, value); }
  Result<void> compact(uint64_t revision) override { return engine_->compact(revision); }

 private:
  const EncryptionRule* ruleFor(std::string_view key) {
    const std::string_view resource = resourceIn(key);
    if (auto known = rules_.find(resource); known != rules_.end()) return known->second;
    return rules_.emplace(resource, config_.ruleFor(resource)).first->second;
  }

  std::unique_ptr<Engine> engine_;
  const EncryptionConfig config_;
  std::map<std::string, const EncryptionRule*, std::less<>> rules_;  // by the resources that were met
};

}  // namespace

std::unique_ptr<Engine> makeEncryptedEngine(std::unique_ptr<Engine> engine, EncryptionConfig config) {
  return std::make_unique<EncryptedEngine>(std::move(engine), std::move(config));
}

}  // namespace cleat::store
