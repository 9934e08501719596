// SPDX-License-Identifier: Apache-2.0
// What a collection removed, for people.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace weir::cli {

enum class Tense { removed, would_remove };

// `answer` is that of POST /-/gc; the catalogue in `store_root` gives the files their names.  Errors: io when it is
// none.
Result<std::string> collected_text(const std::string& answer, const std::filesystem::path& store_root, Tense tense);

}  // namespace weir::cli
