// SPDX-License-Identifier: Apache-2.0
#include "cli/store_contents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cas/blob_store.h"
#include "hub/catalog.h"
#include "tests/unit/cli/temporary_folder.h"

namespace weir::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string object_name(const Sha256& digest) {
  auto hex = digest.hex();
  return "objects/" + hex.substr(0, 2) + "/" + hex.substr(2, 2) + "/" + hex;
}

TEST(StoreContentsTest, a_store_that_is_not_there_holds_nothing) {
  TemporaryFolder folder;
  EXPECT_THAT(list_blobs(folder.path() / "none").value(), IsEmpty());
  std::vector<StoredBlob> none;
  EXPECT_TRUE(add_names(folder.path() / "none", none));
}

TEST(StoreContentsTest, lists_complete_blobs_alone) {
  TemporaryFolder folder;
  auto a = sha256("a");
  auto b = sha256("b");
  folder.write(object_name(a), "a");
  folder.write(object_name(b), "bbb");
  folder.write("objects/00/00/not-a-digest", "x");
  folder.write("partial/" + a.hex(), "half");
  std::filesystem::create_symlink("/etc/passwd", folder.path() / "objects" / sha256("link").hex());
  auto first = StoredBlob{std::min(a, b), a < b ? 1u : 3u, {}};
  auto second = StoredBlob{std::max(a, b), a < b ? 3u : 1u, {}};
  EXPECT_THAT(list_blobs(folder.path()).value(), ElementsAre(first, second));
}

TEST(StoreContentsTest, lists_beside_the_owner_with_the_names_that_the_hub_gave) {
  TemporaryFolder folder;
  auto store = cas::BlobStore::open({folder.path()}).value();
  auto digest = sha256("a");
  folder.write(object_name(digest), "a");
  auto catalog = hub::Catalog::open(catalog_path(folder.path())).value();
  catalog->learn(hub::NamedFile{{hub::RepoType::dataset, "org/data", "main", "x.bin"}, "", {digest, 1}});
  catalog->learn(hub::NamedFile{{hub::RepoType::model, "org/model", "v1", "y.bin"}, "", {digest, 1}});
  catalog->learn(hub::NamedFile{{hub::RepoType::model, "org/model", "v1", "gone.bin"}, "", {sha256("gone"), 1}});
  catalog->flush();

  auto blobs = list_blobs(folder.path()).value();
  ASSERT_TRUE(add_names(folder.path(), blobs));
  ASSERT_EQ(blobs.size(), 1u);
  EXPECT_THAT(blobs[0].names, testing::UnorderedElementsAre(BlobName{"datasets/org/data", "main", "x.bin"},
                                                            BlobName{"org/model", "v1", "y.bin"}));
}

}  // namespace
}  // namespace weir::cli
