// SPDX-License-Identifier: Apache-2.0
// Batches of git-lfs: requests and answers.
#include "hub/lfs_batch.h"

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "tests/fuzz/target.h"

namespace {

using namespace weir;
using fuzz::require;

void check_request(std::string_view body) {
  auto request = hub::parse_batch_request(body);
  auto without = hub::without_xet_transfer(body);
  require(hub::without_xet_transfer(without) == without, "what is left out is left out at once");
  auto again = hub::parse_batch_request(without);
  require(request.has_value() == again.has_value() && (!request || *request == *again),
          "a request without xet asks for the same");
  if (!request) return;
  for (const auto& object : request->objects) {
    auto single = hub::parse_batch_request(hub::make_batch_request(object));
    require(single && single->objects == std::vector{object} && single->operation == hub::BatchOperation::download,
            "a request for one object asks for that object");
  }
  auto json = nlohmann::json::parse(without, nullptr, false);
  if (request->operation == hub::BatchOperation::upload || !json.contains("transfers")) return;
  for (const auto& transfer : json["transfers"]) require(transfer != "xet", "xet is not offered");
}

bool is_clean(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

void check_answer(std::string_view body) {
  auto downloads = hub::parse_batch_answer(body, WallTime(std::chrono::seconds(1'700'000'000)));
  if (!downloads) return;
  for (const auto& download : *downloads) {
    require(download.href.scheme == "https" && !download.href.host.empty(), "objects come over https");
    require(download.href.target.starts_with('/') && is_clean(download.href.text()), "an href is one line");
    for (const auto& field : download.header)
      require(!field.name.empty() && is_clean(field.name) && is_clean(field.value), "a header is one line");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto body = fuzz::text_of(data, size);
  check_request(body);
  check_answer(body);
  return 0;
}
