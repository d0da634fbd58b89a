// Encrypts what an engine is given and decrypts what it gives back, by the resource in each key. What cannot be
// decrypted is given back as it is, with a problem: it is that one object's alone.
#pragma once

#include <memory>

#include "core/store/encryption/encryption_config.h"
#include "core/store/engine.h"

namespace cleat::store {

std::unique_ptr<Engine> makeEncryptedEngine(std::unique_ptr<Engine> engine, EncryptionConfig config);

}  // namespace cleat::store
