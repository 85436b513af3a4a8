// Package browser tests the classroom of the folder above in a headless Chromium:
//
//	.ci/browser              # all that CI checks of it
//	.ci/browser --pictures   # and makes the README's pictures anew
//
// Without EDUSDK_TEST_BROWSER, the path of a Chromium, its tests are skipped.
package browser
