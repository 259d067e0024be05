/** What the generated MDX pages may use without an import. */
import MDXComponents from '@theme-original/MDXComponents';
import CaseStudy from '@site/src/components/CaseStudy';
import SectionIndex from '@site/src/components/SectionIndex';
import Sources from '@site/src/components/Sources';

export default { ...MDXComponents, CaseStudy, SectionIndex, Sources };
