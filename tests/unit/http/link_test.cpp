// SPDX-License-Identifier: Apache-2.0
#include "http/link.h"

#include <gmock/gmock.h>

namespace weir::http {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::vector<std::string_view> kUnwanted = {"xet-auth", "xet-reconstruction-info"};

std::string without_xet(const std::string& value) {
  Fields fields{{"Link", value}};
  drop_link_relations(fields, kUnwanted);
  return std::string(fields.get("link"));
}

TEST(ParseLinks, reads_targets_and_relations) {
  EXPECT_THAT(parse_links(R"(<https://a/b?c=d,e;f>; rel="next", </x>;REL=Prev ; title="a;, <b>")"),
              ElementsAre(Link{R"(<https://a/b?c=d,e;f>; rel="next")", "https://a/b?c=d,e;f", {"next"}},
                          Link{R"(</x>;REL=Prev ; title="a;, <b>")", "/x", {"prev"}}));
  EXPECT_THAT(parse_links(R"(<a>; rel=" one  two ")"),
              ElementsAre(Link{R"(<a>; rel=" one  two ")", "a", {"one", "two"}}));
  EXPECT_THAT(parse_links(R"(<a>; title="\"; rel=no"; rel="y\es")"),
              ElementsAre(Link{R"(<a>; title="\"; rel=no"; rel="y\es")", "a", {"yes"}}));
  EXPECT_THAT(parse_links("<a>"), ElementsAre(Link{"<a>", "a", {}}));
  EXPECT_THAT(parse_links("<>; rel"), ElementsAre(Link{"<>; rel", "", {}}));
  EXPECT_THAT(parse_links(" , "), IsEmpty());
}

TEST(ParseLinks, keeps_what_is_no_link_as_text) {
  EXPECT_THAT(parse_links("nonsense; rel=a, <b>; rel=c"),
              ElementsAre(Link{"nonsense; rel=a", "", {}}, Link{"<b>; rel=c", "b", {"c"}}));
  EXPECT_THAT(parse_links("<never closed; rel=a, <b>"),
              ElementsAre(Link{"<never closed; rel=a, <b>", "never closed; rel=a, <b", {}}));
  EXPECT_THAT(parse_links("<a"), ElementsAre(Link{"<a", "", {}}));
}

TEST(DropLinkRelations, keeps_the_others_verbatim) {
  EXPECT_EQ(without_xet(R"(<https://h/xet>; rel="xet-auth", <https://c/r>; rel="xet-reconstruction-info")"), "");
  EXPECT_EQ(without_xet(R"(<https://h/xet>; rel="xet-auth", <https://h/api?cursor=a,b>;  rel="next" )"),
            R"(<https://h/api?cursor=a,b>;  rel="next")");
  EXPECT_EQ(without_xet(R"(<a>; rel="first",<b>; rel=XET-AUTH,<c>; rel="last")"),
            R"(<a>; rel="first", <c>; rel="last")");
  EXPECT_EQ(without_xet(R"(<a>; rel="next xet-auth")"), "");
  EXPECT_EQ(without_xet(R"(<a>; rel="next"; rel="xet-auth")"), "");
  EXPECT_EQ(without_xet(R"(<a>; rel="xet-authority", <xet-auth>; rel=x; title="rel=xet-auth")"),
            R"(<a>; rel="xet-authority", <xet-auth>; rel=x; title="rel=xet-auth")");
}

TEST(DropLinkRelations, leaves_untouched_lines_byte_for_byte) {
  Fields fields{{"A", "b"},
                {"Link", "<a>;rel=next ,,<b>"},
                {"link", "<c>; rel=xet-auth"},
                {"LINK", "<d>; rel=xet-auth , <e>"},
                {"Z", "y"}};
  EXPECT_EQ(drop_link_relations(fields, kUnwanted), 2u);
  EXPECT_EQ(fields, (Fields{{"A", "b"}, {"Link", "<a>;rel=next ,,<b>"}, {"LINK", "<e>"}, {"Z", "y"}}));
  EXPECT_EQ(drop_link_relations(fields, kUnwanted), 0u);
}

TEST(RenameLinkTargets, leaves_all_else_verbatim) {
  Fields fields{{"A", "<x>"}, {"Link", "<x>;rel=a ,,<y>; title=\"<x>\",nonsense"}, {"link", "<y> ,<z>"}};
  rename_link_targets(fields, [](std::string_view target) {
    return target == "x" ? std::optional<std::string>("new,x") : std::nullopt;
  });
  EXPECT_EQ(fields,
            (Fields{{"A", "<x>"}, {"Link", "<new,x>;rel=a, <y>; title=\"<x>\", nonsense"}, {"link", "<y> ,<z>"}}));
}

}  // namespace
}  // namespace weir::http
