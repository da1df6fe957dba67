//! The console blocks of README and book are run, and what they print is compared.
//! `TRYCMD=overwrite cargo test --release --test docs` writes down what they print now.

#[test]
fn console_blocks_print_what_they_show() {
    trycmd::TestCases::new()
        .case("README.md")
        .case("book/src/*.md")
        .case("book/src/reference/*.md");
}

/// The book as its readers find it: every page that is listed exists and every page is listed.
#[test]
fn the_summary_lists_the_pages() {
    let book = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("book/src");
    let summary = std::fs::read_to_string(book.join("SUMMARY.md")).expect("the book has one");
    let links = summary
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    let mut listed: Vec<String> = links.map(str::to_owned).collect();
    let mut pages = Vec::new();
    for folder in ["", "protocols/", "reference/"] {
        for entry in std::fs::read_dir(book.join(folder)).expect("the folder is there") {
            let name = entry.expect("it can be listed").file_name();
            let name = name.to_str().expect("a plain name").to_owned();
            if name.ends_with(".md") && name != "SUMMARY.md" {
                pages.push(format!("{folder}{name}"));
            }
        }
    }
    listed.sort();
    pages.sort();
    assert_eq!(listed, pages);
}

/// The protocols that the book writes are the ones that it runs.
#[test]
fn the_protocols_in_the_book_are_the_files_beside_it() {
    let book = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("book/src/reference");
    let read = |name| std::fs::read_to_string(book.join(name)).expect("the page is there");
    let page = read("protocol.md");
    let blocks: Vec<&str> = page.split("```").skip(1).step_by(2).collect();
    for name in ["vi.toml", "vi-directory.toml"] {
        let file = format!("toml\n{}", read(name));
        assert!(
            blocks.contains(&&*file),
            "no block of protocol.md is {name}"
        );
    }
}
