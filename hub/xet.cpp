// SPDX-License-Identifier: Apache-2.0
#include "hub/xet.h"

#include <string>
#include <string_view>

#include "http/link.h"
#include "http/text.h"

namespace weir::hub {
namespace {

constexpr std::string_view kFileInfo = "application/vnd.xet-fileinfo+json";

bool is_file_info(std::string_view media_range) {
  return http::equals_ignoring_case(http::trim(media_range.substr(0, media_range.find(';'))), kFileInfo);
}

// The elements of all Accept lines but those of Xet; `found` tells whether there was one.
std::string without_file_info(const http::Fields& request, bool& found) {
  std::string kept;
  for (auto rest : request.all("Accept")) {
    while (!rest.empty()) {
      auto element = http::next_element(rest);
      bool is_xet = is_file_info(element);
      found = found || is_xet;
      if (is_xet || element.empty()) continue;
      if (!kept.empty()) kept += ", ";
      kept += element;
    }
  }
  return kept;
}

}  // namespace

void strip_xet(http::Fields& answer) {
  answer.remove("X-Xet-Hash");
  answer.remove("X-Xet-Refresh-Route");
  http::drop_link_relations(answer, {"xet-auth", "xet-reconstruction-info"});
}

void strip_xet_accept(http::Fields& request) {
  bool found = false;
  auto kept = without_file_info(request, found);
  if (found) request.set("Accept", kept.empty() ? "*/*" : kept);
}

}  // namespace weir::hub
