// What a test is built from.
#pragma once

#include <cleat/sdk/testkit.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "plugins.h"
