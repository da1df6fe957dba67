//! What each format says, beside files that were looked at.

use tearline::report::graph::Page;

use crate::{FORMATS, assert_is, page, shipped};

fn assert_all(page: &Page, name: &str) {
    for (format, end) in FORMATS {
        let text = page.render(format).expect("it can be drawn");
        assert_is(&text, &format!("tests/graph/golden/{name}.{end}"));
    }
}

#[test]
fn a_small_protocol_in_all_formats() {
    assert_all(&page(&shipped("msi")), "msi");
}

#[test]
fn a_directory_protocol_in_all_formats() {
    assert_all(&page(&shipped("directory-mesi")), "directory");
}

#[test]
fn five_states_laid_out() {
    let page = page(&shipped("moesi"));
    let (format, end) = FORMATS[1];
    let text = page.render(format).expect("it can be drawn");
    assert_is(&text, &format!("tests/graph/golden/moesi.{end}"));
}

#[test]
fn a_grid_alone() {
    let mut page = page(&shipped("mesi"));
    page.parts[0].picture = None;
    for (format, end) in FORMATS {
        let path = format!("tests/graph/golden/grid.{end}");
        match page.render(format) {
            Ok(text) => assert_is(&text, &path),
            Err(refused) => {
                assert!(["svg", "dot", "mmd", "graphml"].contains(&end), "{refused}");
            }
        }
    }
}
